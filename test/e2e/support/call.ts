/** One call from the visitor's side, and what must be in the ledger afterwards. */
import assert from 'node:assert/strict';
import type { OperatorUsage } from '../../../demo/operator-api.ts';
import type { CallDetail } from '../../../server/contract.ts';
import { usdToMicros } from '../../../server/vapi/cost.ts';
import { eventually, hangUp, type Stage, type Visit, waitForState } from './stage.ts';

/** Clicks the launcher, waits until the agent was heard and could be read, hangs up. */
export async function talkAndHangUp({ page }: Visit, tenant: string): Promise<void> {
  const agent = page.locator(`vapi-agent[tenant=${tenant}]`);
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  assert.ok((await loudness(page)) > 0, 'the remote track is silent');
  await page.waitForFunction(() => window.seen.volume > 0);
  await page.waitForFunction(
    (slug) =>
      (document.querySelector(`vapi-agent[tenant=${slug}]`)?.shadowRoot?.querySelectorAll('.log li, .log p')
        .length ?? 0) > 0,
    tenant,
  );
  await hangUp(agent);
}

/** The level of what is being played, measured in the page on the SDK's own player; waits until it is above zero. */
async function loudness(page: Visit['page']): Promise<number> {
  await page.waitForFunction(
    () => document.querySelector<HTMLAudioElement>('audio[data-participant-id]')?.srcObject,
  );
  return page.evaluate(async () => {
    const player = document.querySelector<HTMLAudioElement>('audio[data-participant-id]');
    if (!player?.srcObject) throw new Error('there is no player');
    const audio = new AudioContext();
    const analyser = audio.createAnalyser();
    audio.createMediaStreamSource(player.srcObject as MediaStream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    // Without its own time limit: the call's, or the test's, is enough.
    while (loudest < 0.001 && player.isConnected) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples.map(Math.abs));
    }
    await audio.close();
    return player.paused ? 0 : loudest;
  });
}

/**
 * Runs `act` and requires that the tenant's usage grew by exactly the one call in the emulator's books, to the micro,
 * and that the call's row agrees with them by component.
 */
export async function countsOneCall(
  { demo }: Stage,
  tenant: string,
  act: () => Promise<void>,
): Promise<CallDetail> {
  const before = (await demo.operator.usage(tenant)).total;
  const known = demo.emulator.books().length;
  await act();
  const settled = (usage: OperatorUsage) =>
    usage.total.calls > before.calls && usage.total.callsWithoutCost === 0;
  const { total } = await eventually(() => demo.operator.usage(tenant), settled);
  const books = demo.emulator.books().slice(known);
  assert.equal(books.length, 1, 'the emulator saw exactly one call');
  const [entry] = books;
  assert.ok(entry);
  assert.equal(total.calls, before.calls + 1);
  assert.equal(total.costMicros - before.costMicros, usdToMicros(entry.cost));
  assert.equal(total.seconds - before.seconds, Math.ceil(entry.seconds));

  const call = await demo.operator.call(tenant, entry.callId);
  assert.equal(call.costMicros, usdToMicros(entry.cost));
  assert.ok(call.costMicros > 0);
  const sumOf = (type: string) =>
    entry.costs
      .filter((item) => item.type === type)
      .reduce((total, item) => total + usdToMicros(item.cost), 0);
  const parts = {
    transport: 0,
    stt: sumOf('transcriber'),
    llm: sumOf('model'),
    tts: sumOf('voice'),
    vapi: sumOf('vapi'),
    analysis: sumOf('analysis'),
    knowledgeBase: 0,
  };
  const told = Object.values(parts).reduce((total, part) => total + part, 0);
  // Vapi rounds the total to four places; the difference is `other`.
  assert.deepEqual(call.cost, { ...parts, other: call.costMicros - told });
  return call;
}
