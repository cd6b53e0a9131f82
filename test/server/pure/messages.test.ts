import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readServerMessage } from '../../../server/vapi/messages.ts';

const id = '0c0c0c0c-1111-4222-8333-444444444444';
const read = (call: Record<string, unknown>, message: Record<string, unknown> = {}) =>
  readServerMessage(
    { message: { type: 'end-of-call-report', call: { id, ...call }, ...message } },
    0,
    'https://api.vapi.ai',
  );

describe('what is read of a server message', () => {
  it('the session only if it can be one of ours: a browser may have written anything there', () => {
    const sessionOf = (session: unknown) =>
      read({ assistantOverrides: { metadata: { session } } })?.event?.sessionId;
    const own = `ses_${'aB3-_'.repeat(5).slice(0, 24)}`;
    assert.equal(sessionOf(own), own);
    assert.equal(sessionOf(own.replace('ses', 'msg')), own.replace('ses', 'msg'));
    for (const other of [
      'ses_\0',
      `${own}x`,
      own.slice(0, -1),
      ` ${own}`,
      `${own}\n`,
      own.replace('_', '-'),
      7,
    ]) {
      assert.equal(sessionOf(other), null, JSON.stringify(other));
    }
  });

  it('texts without zero bytes, which a database may refuse', () => {
    const event = read({ assistantId: 'a\0b', type: '\0webCall' }, { endedReason: 'hung\0 up' })?.event;
    assert.deepEqual([event?.assistantId, event?.type, event?.endedReason], ['ab', 'webCall', 'hung up']);
    assert.equal(read({}, { type: 'x\0y' })?.type, 'xy');
  });
});
