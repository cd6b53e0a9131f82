/** The demo's tenants: three invented businesses, two with special settings, and one for each failure. */
import type { AccessMode, CreateTenant, Limits } from '../server/contract.ts';
import type { ScenarioName, ScriptLine } from './vapi-emulator/emulator.ts';

export interface Part {
  slug: string;
  name: string;
  accessMode: AccessMode;
  accentColor: string;
  firstMessage: string;
  /** What the assistant's calls do at the emulator. */
  scenario: ScenarioName;
  script?: ScriptLine[];
  limits?: Partial<Limits>;
  /** Settings that only this tenant has. */
  wishes?: Pick<CreateTenant, 'consent' | 'leads' | 'rejoinCalls' | 'pageContext' | 'pageTools'>;
}

/** A client with past calls: how many of the last thirty days to generate. */
export interface Client extends Part {
  pastCalls: number;
}

const hear = (text: string): ScriptLine => ({ who: 'visitor', text });
const say = (text: string): ScriptLine => ({ who: 'assistant', text });

/** Someone who tries things out clicks more often than a visitor. */
const patient: Partial<Limits> = { callsPerMinutePerIp: 60, callsPerHourPerIp: 500, callsPerDayPerIp: 2000 };

export const clients: Client[] = [
  {
    slug: 'acme',
    name: 'Acme Bakery',
    accessMode: 'proxy',
    accentColor: '#9a3412',
    scenario: 'talks',
    limits: patient,
    pastCalls: 70,
    firstMessage: 'Good morning, Acme Bakery. What can we bake for you?',
    script: [
      hear('Hi, do you still have rye bread today?'),
      say('We do. The second batch came out at ten, and there are eleven loaves left.'),
      hear('Could you keep two of them for me?'),
      say('Two rye loaves are set aside until six this evening. Shall I slice them?'),
      hear('No, thank you. I will come by at five.'),
      say('See you at five, then.'),
    ],
  },
  {
    slug: 'riverside-dental',
    name: 'Riverside Dental Practice',
    accessMode: 'scoped-key',
    accentColor: '#0b6477',
    scenario: 'talks',
    limits: patient,
    pastCalls: 50,
    firstMessage: 'Riverside Dental Practice, hello. Is it about an appointment?',
    script: [
      hear('Yes, I need a check-up. What is free next week?'),
      say('On Tuesday I have nine thirty, and on Thursday a quarter past two.'),
      hear('Thursday would be good.'),
      say('Thursday at a quarter past two it is. Please come ten minutes early.'),
    ],
  },
  {
    slug: 'fern-garden',
    name: 'Fern Lane Garden Centre',
    accessMode: 'public-key',
    accentColor: '#3f6212',
    scenario: 'talks',
    limits: patient,
    pastCalls: 30,
    firstMessage: 'Fern Lane Garden Centre. Which plant may we help with?',
    script: [
      hear('My basil dies every time. What am I doing wrong?'),
      say('Mostly it is too much water from above. Water the saucer, not the leaves.'),
      hear('And how much light does it want?'),
      say('A south window, but not the glass itself. Six hours of sun are plenty.'),
    ],
  },
];

/** Tenants whose settings are shown on separate pages. */
export const shows: Part[] = [
  {
    slug: 'show-consent',
    name: 'Lakeside Physiotherapy',
    accessMode: 'proxy',
    accentColor: '#1d4ed8',
    scenario: 'talks',
    limits: patient,
    firstMessage: 'Lakeside Physiotherapy, hello. Where does it hurt?',
    script: [
      hear('In my lower back, since Monday.'),
      say('I can offer you Wednesday at eight. Shall I put you down?'),
      hear('Yes, please.'),
      say('Wednesday at eight. Please bring a towel.'),
    ],
    wishes: {
      consent: {
        version: '2026-09',
        text: 'You talk with an assistant, not with a person. We record the call and delete the recording after thirty days.\n\nPlease tell us nothing here that only your therapist should know.',
      },
    },
  },
  {
    slug: 'show-rejoin',
    name: 'The Harbour Hotel',
    accessMode: 'proxy',
    accentColor: '#7c2d5a',
    scenario: 'talks',
    limits: patient,
    firstMessage: 'The Harbour Hotel, good evening. Look around while we talk.',
    script: [
      hear('Is there a room with a view of the water?'),
      say('All twelve have one. The corner rooms have two.'),
      hear('Then a corner room for Friday, please.'),
      say('Number seven is free on Friday. Breakfast is until eleven.'),
    ],
    wishes: { rejoinCalls: true },
  },
  {
    slug: 'show-tools',
    name: 'Mill Street Shop',
    accessMode: 'proxy',
    accentColor: '#92400e',
    scenario: 'talks',
    limits: patient,
    firstMessage: 'Mill Street Shop, hello. Which bread may it be?',
    script: [
      hear('Two dark ryes, please.'),
      {
        ...say('Two dark ryes, gladly.'),
        calls: { name: 'add_to_bag', arguments: { product: 'Dark rye', quantity: 2 } },
      },
      hear('That is all. Please order them.'),
      { ...say('Then I order them for you.'), calls: { name: 'place_order', arguments: {} } },
      hear('Thank you.'),
      say('See you at five, then.'),
    ],
    wishes: {
      pageContext: true,
      pageTools: [
        {
          name: 'add_to_bag',
          description: 'Puts a bread into the bag of the visitor. Call it when the visitor has decided.',
          label: 'Put into the bag',
          ask: false,
          parameters: {
            product: { type: 'string', enum: ['Dark rye', 'Seeded spelt'] },
            quantity: { type: 'integer', description: '1 if the visitor names none.', optional: true },
          },
        },
        {
          name: 'place_order',
          description: 'Orders what is in the bag. Call it when the visitor says that this is all.',
          label: 'Place the order',
          ask: true,
          parameters: {},
        },
      ],
    },
  },
];

export interface Trouble extends Part {
  /** What someone who tries it sees, for the page. */
  expect: string;
}

const trouble = (
  slug: string,
  name: string,
  scenario: ScenarioName,
  expect: string,
  limits: Partial<Limits> = patient,
  accessMode: AccessMode = 'proxy',
): Trouble => ({
  slug,
  name,
  scenario,
  expect,
  limits,
  accessMode,
  accentColor: '#44403c',
  firstMessage: 'Hello! This call is here to go wrong.',
});

/** Paused by the operator. */
export const pausedTenant = 'try-paused';

/** Its only line is taken before anyone can call, and again whenever that call ends. */
export const busyLine = 'try-busy-line';

/** One tenant for each failure. */
export const troubles: Trouble[] = [
  trouble(
    'try-microphone',
    'Microphone refused',
    'refuses-microphone',
    'The room gets no microphone. The panel says how to allow it; the call costs nothing.',
  ),
  trouble(
    'try-cut-off',
    'Ended by the other side',
    'ends-mid-call',
    'The service drops the call after five seconds. It is still counted, with its cost up to then.',
  ),
  {
    ...trouble(
      'try-hang-up',
      'The assistant hangs up',
      'talks-and-hangs-up',
      'An ordinary end by the assistant: no error, the call is counted.',
    ),
    firstMessage: 'Hello! How can I help?',
    script: [hear('I wanted to hear your voice.'), say('Here it is. Goodbye!')],
  },
  trouble(
    busyLine,
    'All lines busy',
    'talks',
    'This tenant may have one call at a time, and one is in progress for as long as the demo runs.',
    {
      ...patient,
      concurrentCalls: 1,
      maxCallSeconds: 43_200,
      worstCaseMicrosPerMinute: 1000,
      // Its endless call costs more than the usual budget.
      monthlyBudgetMicros: 1_000_000_000_000,
    },
    'scoped-key',
  ),
  trouble(
    'try-no-budget',
    'Budget used up',
    'talks',
    'The month’s budget does not pay for ten more seconds, so no call starts.',
    { ...patient, monthlyBudgetMicros: 1000 },
  ),
  {
    ...trouble(
      'try-closed',
      'Outside the hours',
      'talks',
      'Calls are taken for one minute a night, at three o’clock UTC. What you write instead is under Leads in the portal.',
      { ...patient, hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '03:00', to: '03:01' }] },
    ),
    wishes: {
      leads: {
        consent: { version: '1', text: 'I agree that my details are stored and used to contact me.' },
        ...{ email: null, url: null, perDay: 50, keepDays: 30 },
      },
    },
  },
  trouble(
    pausedTenant,
    'Paused by the agency',
    'talks',
    'The operator has switched this tenant off for a while.',
  ),
  trouble(
    'try-too-fast',
    'Too many calls from one visitor',
    'talks',
    'One call a minute from one connection. The second attempt is asked to wait.',
    { ...patient, callsPerMinutePerIp: 1 },
  ),
  trouble(
    'try-slow',
    'A slow service',
    'slow',
    'The service takes four seconds to create the call. The panel stays calm meanwhile.',
  ),
  trouble(
    'try-rate-limited',
    'The service is overloaded',
    'rate-limited',
    'Vapi answers 429; nothing stays reserved afterwards.',
  ),
  trouble('try-server-error', 'The service is broken', 'server-error', 'Vapi answers 500; no call, no cost.'),
  trouble(
    'try-report-twice',
    'The report arrives twice',
    'report-twice',
    'Vapi delivers the same report twice; the terminal and the ledger show the call once.',
  ),
  trouble(
    'try-cost-unknown',
    'The cost is not reported',
    'cost-late',
    'The report arrives without a cost. The ledger says “unknown”, not zero.',
  ),
];
