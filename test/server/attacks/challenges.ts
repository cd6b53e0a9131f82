/** Proofs of work that were not done, were done for something else, or are reused. */
import { type Challenge, createChallenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { pageOrigin } from '../../support/test-server.ts';
import type { Attack, Outcome, Stage, Visitor } from './stage.ts';

export async function getChallenge(visitor: Visitor, slug: string, origin = pageOrigin): Promise<Challenge> {
  const path = `/v1/widget/${slug}/challenge`;
  const answer = await visitor.ask({ path, headers: [['Origin', origin]] });
  if (answer.status !== 200) throw new Error(`no challenge: ${answer.text}`);
  return answer.body as Challenge;
}

export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey });
  if (!solution) throw new Error('not solved');
  return encode({ challenge, solution });
}

const encode = (payload: object) => Buffer.from(JSON.stringify(payload)).toString('base64');

async function guarded(stage: Stage): Promise<string> {
  const slug = stage.uniqueSlug();
  await stage.addTenant(slug, {
    challenge: 'altcha',
    allowedOrigins: [pageOrigin, 'https://second.example'],
  });
  return slug;
}

function challenged(
  name: string,
  outcome: Outcome,
  answer: (visitor: Visitor, slug: string, stage: Stage) => Promise<string | undefined>,
  origin = pageOrigin,
): Attack {
  return {
    name: `a session with ${name}`,
    outcome,
    async attempt(stage) {
      const visitor = stage.newcomer();
      const slug = await guarded(stage);
      const challenge = await answer(visitor, slug, stage);
      await stage.mark();
      return visitor.post('/v1/sessions', { tenant: slug, challenge }, [['Origin', origin]]);
    },
  };
}

export const challengeAttacks: Attack[] = [
  challenged('no solution where one is demanded', 'challenge_required', async () => undefined),
  challenged('nonsense as the solution', 'challenge_required', async () => 'bm9uc2Vuc2U='),
  challenged('a solution of 9 kB', 'invalid_request', async () => 'A'.repeat(9000)),
  challenged('an unsolved challenge', 'challenge_required', async (visitor, slug) =>
    encode({ challenge: await getChallenge(visitor, slug), solution: { counter: 0, derivedKey: '' } }),
  ),
  challenged('a guessed counter', 'challenge_required', async (visitor, slug) =>
    encode({
      challenge: await getChallenge(visitor, slug),
      solution: { counter: 777, derivedKey: '00'.repeat(32) },
    }),
  ),
  challenged('a solution that has been used', 'challenge_required', async (visitor, slug) => {
    const solved = await solve(await getChallenge(visitor, slug));
    const first = await visitor.post('/v1/sessions', { tenant: slug, challenge: solved });
    if (first.status !== 201) throw new Error(`the first use was refused: ${first.text}`);
    return solved;
  }),
  challenged('a solution made for another tenant', 'challenge_required', async (visitor, _slug, stage) =>
    solve(await getChallenge(visitor, await guarded(stage))),
  ),
  challenged(
    'a solution made for another page',
    'challenge_required',
    async (visitor, slug) => solve(await getChallenge(visitor, slug)),
    'https://second.example',
  ),
  challenged('a solution that has expired', 'challenge_required', async (visitor, slug, stage) => {
    const solved = await solve(await getChallenge(visitor, slug));
    stage.server.clock.now += 5 * 60_000;
    return solved;
  }),
  challenged('a solution of a cheaper challenge', 'challenge_required', async (visitor, slug) => {
    const { signature, parameters } = await getChallenge(visitor, slug);
    return solve({ signature: signature ?? '', parameters: { ...parameters, cost: 1, keyPrefix: '00' } });
  }),
  challenged(
    'a challenge of the attacker’s own making',
    'challenge_required',
    async (_visitor, slug, stage) =>
      solve(
        await createChallenge({
          algorithm: 'PBKDF2/SHA-256',
          cost: 1500,
          counter: 1,
          deriveKey,
          data: { tenant: slug, origin: pageOrigin },
          expiresAt: Math.floor(stage.server.clock.now / 1000) + 300,
          hmacSignatureSecret: 'mine',
          hmacKeySignatureSecret: 'mine',
        }),
      ),
  ),
  challenged('a solution whose expiry was moved', 'challenge_required', async (visitor, slug) => {
    const { signature, parameters } = await getChallenge(visitor, slug);
    return solve({
      signature: signature ?? '',
      parameters: { ...parameters, expiresAt: Number(parameters.expiresAt) + 3600 },
    });
  }),
];
