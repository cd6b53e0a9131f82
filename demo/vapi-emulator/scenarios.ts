/** What an assistant's calls do, by the scenario's name: each entry says only how it differs from a normal call. */
import { summarize } from './cost.ts';
import { internalError, Refusal, rateLimited } from './errors.ts';
import { endOfCallReport, sendToServer, statusUpdate } from './messages.ts';
import type { ScenarioName } from './types.ts';
import { type Call, changed, tick, type World } from './world.ts';

export interface Scenario {
  /** Before `POST /call/web` is answered: may delay or refuse. */
  admit?: (world: World) => Promise<void> | void;
  microphone?: 'refused';
  /** The assistant hangs up after its last line; without it the conversation continues until something else ends it. */
  hangsUp?: true;
  /** The service itself ends the call this many seconds after its start. */
  cutAfterSeconds?: number;
  /** What is sent after the end, and when; default: the status, then after the delay the report with the cost. */
  afterEnd?: (errand: Errand) => Promise<void>;
}

/** The tools of `afterEnd`. */
export class Errand {
  readonly world: World;
  readonly call: Call;

  constructor(world: World, call: Call) {
    this.world = world;
    this.call = call;
  }

  status(): Promise<void> {
    return sendToServer(this.world, this.call, statusUpdate(this.world, this.call));
  }

  /** Also makes the cost visible in `GET /call/:id`, unless `cost` is false. */
  async report({ cost = true } = {}): Promise<void> {
    if (cost) this.showCost();
    if (this.world.switches.dropReports) return;
    await sendToServer(this.world, this.call, endOfCallReport(this.world, this.call, { cost }));
  }

  showCost(): void {
    this.call.costShown = true;
    this.call.updatedAt = tick(this.world);
    changed(this.world);
  }

  /** The time between the end and the report. */
  pause(): Promise<void> {
    return this.world.timers.wait(this.world.switches.reportDelayMs);
  }

  /** The status at once, and the pause. */
  async statusAndPause(): Promise<void> {
    await Promise.all([this.status(), this.pause()]);
  }

  /** Something is computed again later at a cost: it grows in the API and in the books; no webhook. */
  growCost(): void {
    const { call, world } = this;
    const again = {
      type: 'analysis',
      analysisType: 'structuredOutput',
      model: { provider: 'google', model: 'gemini-2.5-flash' },
      promptTokens: 9_000,
      completionTokens: 1_250,
      cost: 0.0021,
    };
    call.cost = summarize([...(call.cost?.costs ?? []), again]);
    const entry = world.books.get(call.id);
    if (entry !== undefined) Object.assign(entry, call.cost);
    this.showCost();
  }
}

export const normalEnd = async (errand: Errand): Promise<void> => {
  await errand.statusAndPause();
  await errand.report();
};

export const scenarios: Record<ScenarioName, Scenario> = {
  talks: {},
  'talks-and-hangs-up': { hangsUp: true },
  'refuses-microphone': { microphone: 'refused' },
  'ends-mid-call': { cutAfterSeconds: 5 },
  'report-lost': {
    afterEnd: async (errand) => {
      await errand.statusAndPause();
      errand.showCost();
    },
  },
  'report-twice': {
    afterEnd: async (errand) => {
      await normalEnd(errand);
      await errand.report();
    },
  },
  'report-before-status': {
    afterEnd: async (errand) => {
      await errand.pause();
      await errand.report();
      await errand.status();
    },
  },
  'cost-late': {
    afterEnd: async (errand) => {
      await errand.statusAndPause();
      await errand.report({ cost: false });
      await errand.world.timers.wait(errand.world.switches.costLateMs);
      errand.showCost();
    },
  },
  'cost-changes': {
    afterEnd: async (errand) => {
      await normalEnd(errand);
      errand.world.timers.after(errand.world.switches.costChangesMs, () => errand.growCost());
    },
  },
  slow: { admit: (world) => world.timers.wait(world.switches.slowMs) },
  'rate-limited': {
    admit: () => {
      throw rateLimited();
    },
  },
  'server-error': {
    admit: () => {
      throw internalError();
    },
  },
  'concurrency-refused': {
    admit: () => {
      throw overConcurrency();
    },
  },
};

/** Known only as this phrase (vapi-facts 4.5); the status is a guess. */
export const overConcurrency = (): Refusal => new Refusal(400, 'Over Concurrency Limit');
