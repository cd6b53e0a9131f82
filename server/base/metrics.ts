/**
 * What a monitor can read from this process (Prometheus). No series is labelled by tenant: there may be hundreds, and
 * each would multiply every series; a tenant's use is in its usage.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { shared } from './shared.ts';

export interface Metrics {
  registry: Registry;
  /** Vapi's webhooks by type (`unknown` for unknown ones) and result. */
  webhooks: Counter<'type' | 'result'>;
  /** Requests for a call by result: `granted` or the error code. */
  grants: Counter<'result'>;
  /** Cost booked since the process started; falls when Vapi corrects a cost downwards, so it is not a counter. */
  bookedMicros: Gauge;
  /** Calls in progress that must not continue, each counted once; every one of them is ended. */
  unwantedCalls: Counter<'reason'>;
  /** Messages forwarded to tenants' own servers; `mode` is `relay` (answered) or `outbox`. */
  forwarded: Counter<'mode' | 'result'>;
}

/** Counted by the store, for all processes. */
export interface StoreCounts {
  /** Messages that wait in the outbox, and their size. */
  pendingForwards: () => Promise<{ messages: number; bytes: number }>;
  /** Calls that belong to no tenant, among those seen by the last sweeps. */
  unassignedCalls: () => Promise<number>;
  /** Organizations whose comparison with Vapi is due, since when, and those whose last one failed. */
  sweeps: () => Promise<{ overdue: number; lagMs: number; failing: number }>;
}

export function createMetrics({ pendingForwards, unassignedCalls, sweeps }: StoreCounts): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // Two gauges from one count per scrape.
  const waiting = shared(pendingForwards);
  const sweeping = shared(sweeps);
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'vapi_agent_outbox_pending',
    help: 'Messages that wait for delivery to a tenant’s own server',
    registers,
    async collect() {
      this.set((await waiting()).messages);
    },
  });
  new Gauge({
    name: 'vapi_agent_outbox_bytes',
    help: 'Size of the messages that wait for delivery, as stored',
    registers,
    async collect() {
      this.set((await waiting()).bytes);
    },
  });
  new Gauge({
    name: 'vapi_agent_unassigned_calls',
    help: 'Calls of the last day with an assistant of no tenant: they are in no ledger',
    registers,
    async collect() {
      this.set(await unassignedCalls());
    },
  });
  for (const [name, help, read] of [
    ['overdue', 'Organizations that are due to be compared with Vapi and are not', 'overdue'],
    ['lag_seconds', 'How long the first of those has been due', 'lagMs'],
    ['failing', 'Organizations whose last comparison with Vapi failed', 'failing'],
  ] as const) {
    new Gauge({
      name: `vapi_agent_sweeps_${name}`,
      help,
      registers,
      async collect() {
        this.set((await sweeping())[read] / (read === 'lagMs' ? 1000 : 1));
      },
    });
  }
  return {
    registry,
    webhooks: new Counter({
      name: 'vapi_agent_webhooks_total',
      help: 'Webhooks from Vapi by message type and result',
      labelNames: ['type', 'result'],
      registers,
    }),
    grants: new Counter({
      name: 'vapi_agent_grants_total',
      help: 'Requests for a call by result',
      labelNames: ['result'],
      registers,
    }),
    bookedMicros: new Gauge({
      name: 'vapi_agent_booked_micros',
      help: 'Cost booked by this process since it started, in millionths of a US dollar',
      registers,
    }),
    unwantedCalls: new Counter({
      name: 'vapi_agent_unwanted_calls_total',
      help: 'Calls in progress that this process has found unwanted, and ends, by reason',
      labelNames: ['reason'],
      registers,
    }),
    forwarded: new Counter({
      name: 'vapi_agent_forwarded_total',
      help: 'Messages sent on to tenants’ own servers by way and result',
      labelNames: ['mode', 'result'],
      registers,
    }),
  };
}
