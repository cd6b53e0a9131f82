/** The reducer as a table: no DOM, no clock. */
import { expect } from '@open-wc/testing';
import {
  type CallAction,
  type CallPhase,
  type CallState,
  initialState,
  reduce,
} from '../../widget/call-state.ts';
import type { Failure } from '../../widget/failure.ts';

const failure: Failure = { code: 'network', retryAfterSeconds: null };
const run = (...actions: CallAction[]): CallState => actions.reduce(reduce, initialState);

const prepare: CallAction = { type: 'prepare' };
const connect: CallAction = { type: 'connect', maxSeconds: 600 };
const live: CallAction = { type: 'live', at: 1000 };
const end: CallAction = { type: 'end' };
const ended: CallAction = { type: 'ended', at: 63_400, reason: 'assistant-ended-call' };
const fail: CallAction = { type: 'fail', at: 5000, failure };
const reset: CallAction = { type: 'reset' };

/** How to get into each phase. */
const into: Record<CallPhase, CallState> = {
  idle: initialState,
  preparing: run(prepare),
  connecting: run(prepare, connect),
  live: run(prepare, connect, live),
  ending: run(prepare, connect, live, end),
  ended: run(prepare, connect, live, ended),
  error: run(prepare, fail),
};

const actions: Record<CallAction['type'], CallAction> = {
  prepare,
  microphone: { type: 'microphone', asking: true },
  connect,
  identify: { type: 'identify', callId: 'c1' },
  live,
  consent: { type: 'consent', asking: true },
  network: { type: 'network', network: 'lost' },
  written: { type: 'written', piece: { role: 'user', text: 'Hi', final: true } },
  unwritten: { type: 'unwritten', transcript: [] },
  writing: { type: 'writing', writing: true, failure: null },
  unheard: { type: 'unheard', unheard: true },
  sound: { type: 'sound', blocked: true },
  mute: { type: 'mute', muted: true },
  piece: { type: 'piece', piece: { role: 'user', text: 'Hi', final: true } },
  speech: { type: 'speech', role: 'assistant', speaking: true },
  conversation: { type: 'conversation', lines: [] },
  'offer-rejoin': { type: 'offer-rejoin', offers: true },
  rejoin: { type: 'rejoin', transcript: [] },
  left: { type: 'left' },
  end,
  ended,
  fail,
  reset,
};

/** The effect of each action in each phase; a dash if it changes nothing at all. */
const table: Record<CallAction['type'], Record<CallPhase, CallPhase | '-'>> = {
  prepare: {
    idle: 'preparing',
    preparing: '-',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: 'preparing',
    error: 'preparing',
  },
  microphone: {
    idle: '-',
    preparing: 'preparing',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: '-',
    error: '-',
  },
  connect: {
    idle: '-',
    preparing: 'connecting',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: '-',
    error: '-',
  },
  'offer-rejoin': {
    idle: 'idle',
    preparing: '-',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: 'idle',
    error: 'idle',
  },
  rejoin: {
    idle: '-',
    preparing: 'preparing',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: '-',
    error: '-',
  },
  left: {
    idle: '-',
    preparing: 'idle',
    connecting: 'idle',
    live: 'idle',
    ending: '-',
    ended: '-',
    error: '-',
  },
  identify: {
    idle: '-',
    preparing: 'preparing',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  live: { idle: '-', preparing: '-', connecting: 'live', live: '-', ending: '-', ended: '-', error: '-' },
  consent: {
    idle: 'idle',
    preparing: 'preparing',
    connecting: '-',
    live: '-',
    ending: '-',
    ended: 'ended',
    error: 'error',
  },
  written: {
    idle: 'idle',
    preparing: 'preparing',
    connecting: 'connecting',
    live: 'live',
    ending: 'ending',
    ended: 'ended',
    error: 'error',
  },
  unwritten: {
    idle: 'idle',
    preparing: 'preparing',
    connecting: 'connecting',
    live: 'live',
    ending: 'ending',
    ended: 'ended',
    error: 'error',
  },
  writing: {
    idle: 'idle',
    preparing: 'preparing',
    connecting: 'connecting',
    live: 'live',
    ending: 'ending',
    ended: 'ended',
    error: 'error',
  },
  network: { idle: '-', preparing: '-', connecting: '-', live: 'live', ending: '-', ended: '-', error: '-' },
  unheard: { idle: '-', preparing: '-', connecting: '-', live: 'live', ending: '-', ended: '-', error: '-' },
  sound: {
    idle: '-',
    preparing: '-',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  mute: {
    idle: '-',
    preparing: 'preparing',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  piece: {
    idle: '-',
    preparing: '-',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  speech: {
    idle: '-',
    preparing: '-',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  conversation: {
    idle: '-',
    preparing: '-',
    connecting: 'connecting',
    live: 'live',
    ending: '-',
    ended: '-',
    error: '-',
  },
  end: {
    idle: '-',
    preparing: 'ending',
    connecting: 'ending',
    live: 'ending',
    ending: '-',
    ended: '-',
    error: '-',
  },
  ended: {
    idle: '-',
    preparing: '-',
    connecting: 'ended',
    live: 'ended',
    ending: 'ended',
    ended: '-',
    error: '-',
  },
  fail: {
    idle: '-',
    preparing: 'error',
    connecting: 'error',
    live: 'error',
    ending: '-',
    ended: '-',
    error: '-',
  },
  reset: { idle: '-', preparing: '-', connecting: '-', live: '-', ending: '-', ended: 'idle', error: 'idle' },
};

describe('call state', () => {
  for (const [type, row] of Object.entries(table)) {
    it(`${type} in every phase`, () => {
      for (const [phase, expected] of Object.entries(row)) {
        const before = into[phase as CallPhase];
        const after = reduce(before, actions[type as CallAction['type']]);
        if (expected === '-') expect(after, `${type} in ${phase}`).to.equal(before);
        else expect(after.phase, `${type} in ${phase}`).to.equal(expected);
        expect(Object.isFrozen(after)).to.equal(true);
      }
    });
  }

  it('counts whole seconds from live to the end and keeps the reason', () => {
    expect(into.ended).to.include({ seconds: 62, endedReason: 'assistant-ended-call', failure: null });
  });

  it('a call cancelled before it was live leaves nothing behind', () => {
    expect(run(prepare, connect, end, ended)).to.eql(initialState);
    expect(run(prepare, end, ended)).to.eql(initialState);
  });

  it('a failure in a live call keeps its length and its transcript', () => {
    const state = run(prepare, connect, live, actions.piece, { ...fail, at: 11_000 } as CallAction);
    expect(state).to.include({ phase: 'error', seconds: 10, failure });
    expect(state.transcript).to.have.length(1);
  });

  it('the next call starts unmuted and with an empty transcript', () => {
    const state = run(prepare, connect, live, actions.mute, actions.piece, ended, prepare);
    expect(state).to.include({ muted: false, phase: 'preparing', seconds: null });
    expect(state.transcript).to.have.length(0);
  });

  it('an answer still arriving when a call begins stays above the call’s lines', () => {
    const answer = (text: string, isFinal: boolean): CallAction => ({
      type: 'written',
      piece: { role: 'assistant', text, final: isFinal },
    });
    const spoken: CallAction = { type: 'piece', piece: { role: 'assistant', text: 'Good day', final: true } };
    const begun = [actions.written, answer('We op', false), prepare, connect, live, spoken] as const;
    const whole = run(...begun, answer('We open at nine.', true), actions.piece);
    const shown = (state: CallState) =>
      state.transcript.map(({ final, partial }) => [...final, partial].join(''));
    expect(shown(whole)).to.eql(['Hi', 'We open at nine.', 'Good day', 'Hi']);
    expect(whole.transcript.map(({ id }) => id)).to.eql([0, 1, 2, 3]);
    const late = run(actions.written, prepare, connect, live, spoken, answer('We open at nine.', true));
    expect(shown(late)).to.eql(['Hi', 'We open at nine.', 'Good day']);
    const refused = reduce(run(...begun), { type: 'unwritten', transcript: [] });
    expect(shown(refused)).to.eql(['Good day']);
    const mended = reduce(whole, { type: 'conversation', lines: [] });
    expect(shown(mended)).to.eql(['Hi', 'We open at nine.']);
  });

  it('who speaks is known until the same side stops', () => {
    const speaking = reduce(into.live, actions.speech);
    expect(speaking.speaking).to.equal('assistant');
    expect(reduce(speaking, { type: 'speech', role: 'user', speaking: false })).to.equal(speaking);
    expect(reduce(speaking, { type: 'speech', role: 'assistant', speaking: false }).speaking).to.equal(null);
  });
});
