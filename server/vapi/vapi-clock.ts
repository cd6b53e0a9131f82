/**
 * How far this server's clock is from Vapi's, by the `Date` of Vapi's answers. What we sign is checked by Vapi's clock, and a
 * key that has expired there is refused as "Invalid Key", without the reason.
 */
import type { Logger } from 'pino';
import { noteExchange } from './capture.ts';

export interface VapiClock {
  /** Reads the head of an answer from Vapi, good or bad; logs a difference. */
  look(headers: Headers): void;
  /** Epoch milliseconds on Vapi's clock, as far as known: used for what is signed for Vapi. */
  now(): number;
  /** Whole seconds that this server is behind Vapi, negative when it is ahead; 0 when the difference is too small to matter. */
  behindSeconds(): number;
}

/** A `Date` has whole seconds, and an answer takes time to arrive. */
const toleranceMs = 30_000;
/** A larger difference is only logged: one of the clocks is plainly wrong. */
const mostCorrectedMs = 3_600_000;
const logEveryMs = 3_600_000;

export function createVapiClock(now: () => number, log: Pick<Logger, 'warn'>): VapiClock {
  let behindMs = 0;
  let logged = { at: Number.NEGATIVE_INFINITY, behindMs: 0 };
  return {
    look(headers) {
      const said = Date.parse(headers.get('date') ?? '');
      // A cached answer has the time at which it was created.
      if (Number.isNaN(said) || headers.has('age')) return;
      const at = now();
      const differs = Math.abs(said - at) >= toleranceMs;
      behindMs = differs ? said - at : 0;
      const isNews = Math.abs(behindMs - logged.behindMs) >= toleranceMs || at - logged.at >= logEveryMs;
      if (!differs || !isNews) return;
      logged = { at, behindMs };
      const seconds = Math.round(behindMs / 1000);
      log.warn(
        { behindSeconds: seconds },
        `this server's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} Vapi's: synchronize it (NTP), or keys are refused as invalid`,
      );
    },
    now: () => now() + (Math.abs(behindMs) <= mostCorrectedMs ? behindMs : 0),
    behindSeconds: () => Math.round(behindMs / 1000),
  };
}

/**
 * `fetch` for the server SDK, which passes each answer to `look`.
 * @param timeoutMs milliseconds until an answer must begin; without it the SDK's own limit applies
 * @param stopped ends a request in progress, including the reading of its answer
 */
export function fetchWithLook(
  look: VapiClock['look'] | undefined,
  timeoutMs?: number,
  stopped?: AbortSignal,
): typeof fetch {
  return async (input, init) => {
    const late = new AbortController();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => late.abort(), timeoutMs);
    const signal = stopped ? AbortSignal.any([late.signal, stopped]) : late.signal;
    try {
      const response = await fetch(input, timer || stopped ? { ...init, signal } : init);
      look?.(response.headers);
      await noteExchange(input, init, response);
      return response;
    } finally {
      clearTimeout(timer);
    }
  };
}
