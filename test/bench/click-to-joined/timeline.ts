/**
 * When the steps of a start happen, observed from outside through what both ways have in common: the click, the request
 * for a call, and the messages between daily-js and the call machine. The product needs no hook for it.
 */
import type { Page } from 'playwright-core';

/** In order; milliseconds after the click. */
export const steps = ['asked', 'answered', 'joining', 'machine', 'joined', 'listening'] as const;
export type Step = (typeof steps)[number];

export const stepTexts: Record<Step, string> = {
  asked: 'the call is asked for (POST)',
  answered: 'its answer is there',
  joining: 'daily-js is told to join',
  machine: 'the call machine is loaded',
  joined: 'joined the room',
  listening: 'the assistant is heard',
};

export type Timeline = Record<Step, number>;

interface Seen {
  click?: number;
  machine?: number;
  joining?: number;
  joined?: number;
  listening?: number;
}
declare global {
  interface Window {
    callSeen: Seen;
  }
}

/** Runs in the page before anything else. */
export function watchCall(): void {
  const seen: Seen = {};
  window.callSeen = seen;
  addEventListener('click', ({ timeStamp }) => (seen.click ??= timeStamp), { capture: true });
  addEventListener('message', ({ data }) => {
    const now = performance.now();
    if (data?.what !== 'iframe-call-message') return;
    if (data.action === 'loaded') seen.machine ??= now;
    if (data.action === 'join-meeting') seen.joining ??= now;
    if (data.action === 'joined-meeting') seen.joined ??= now;
    if (data.action === 'app-message' && data.data === 'listening') seen.listening ??= now;
  });
}

/** Waits until the assistant is heard. @throws Error when a step is missing: it was a different kind of start */
export async function readTimeline(page: Page): Promise<Timeline> {
  await page.waitForFunction(() => window.callSeen.listening, undefined, { timeout: 20_000 });
  const seen = await page.evaluate(() => {
    const asking = performance
      .getEntriesByType('resource')
      .find(({ name }) => /\/v1\/calls$|\/call\/web$/.test(name)) as PerformanceResourceTiming | undefined;
    return { ...window.callSeen, asked: asking?.startTime, answered: asking?.responseEnd };
  });
  return Object.fromEntries(
    steps.map((step) => {
      const at = seen[step];
      if (at === undefined || seen.click === undefined)
        throw new Error(`no ${at ? 'click' : step} on ${page.url()}`);
      return [step, at - seen.click];
    }),
  ) as Timeline;
}
