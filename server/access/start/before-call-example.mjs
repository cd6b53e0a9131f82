/**
 * An example of the server that `beforeCall` asks (before-call.md), without dependencies:
 *
 *   HOOK_SECRET=whsec_… PORT=3000 node before-call-example.mjs
 *
 * It allows every call except on the plan "free", and sets the greeting.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const key = Buffer.from((process.env.HOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
if (key.length < 24) throw new Error("HOOK_SECRET must be the tenant's hookSecret: whsec_…");
/** Seconds. An older request may be a replayed recording. */
const tolerance = 300;

function isGenuine(headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!id || !(Math.abs(Date.now() / 1000 - Number(timestamp)) <= tolerance)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .some((signature) => {
      const [version, value = ''] = signature.split(',');
      const given = Buffer.from(value, 'base64');
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
    });
}

function decide({ variableValues }) {
  if (variableValues.plan === 'free') return { allow: false, message: 'Calls are part of the paid plans.' };
  return { allow: true, variableValues: { greeting: 'Welcome back' } };
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  const { type, data } = JSON.parse(body);
  const answer = type === 'call.before' ? decide(data) : { allow: false };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(Number(process.env.PORT ?? 3000), () =>
  process.stdout.write(`port ${server.address().port}\n`),
);
