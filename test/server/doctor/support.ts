import assert from 'node:assert/strict';
import type { DoctorAnswer } from '../../../server/contract.ts';
import type { TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

/**
 * Runs the doctor with a test call, whose ten seconds pass as soon as the ledger has it.
 * @param isEnded whether Vapi has been asked to end it
 */
export async function examineWithCall(
  server: TestServer,
  slug: string,
  isEnded: () => boolean,
): Promise<DoctorAnswer> {
  let answered = false;
  const body = { testCall: true, record: true };
  const asked = server.operator('POST', `/v1/tenants/${slug}/doctor`, body).finally(() => {
    answered = true;
  });
  await until(async () => {
    if (answered || isEnded()) return true;
    const { calls } = (await server.operator('GET', `/v1/tenants/${slug}/calls`)).body;
    if (calls.length > 0) server.clock.now += 1000;
    return false;
  }, 'the end of the call');
  const { status, body: answer, text } = await asked;
  assert.equal(status, 200, text);
  return answer;
}
