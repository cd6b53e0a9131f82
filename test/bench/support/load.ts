/** A thread that sends one request again and again over kept connections, and reports how long all of them took. */
import { Agent, request } from 'node:http';
import { parentPort } from 'node:worker_threads';

interface Order {
  url: string;
  origin: string;
  body: string;
  requests: number;
  connections: number;
}

parentPort?.on('message', async ({ url, origin, body, requests, connections }: Order) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { origin, 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) };
  let left = requests;
  let failed = 0;
  const send = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
        if (answer.statusCode !== 201) failed += 1;
        answer.resume().once('end', resolve);
      });
      sent.once('error', reject).end(body);
    });
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left > 0) {
        left -= 1;
        await send();
      }
    }),
  );
  agent.destroy();
  parentPort?.postMessage({ failed, ms: performance.now() - startedAt });
});
