/** An emulator with two orgs and a receiver for its webhooks, for the tests of the emulator itself. */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Emulator,
  type EmulatorOptions,
  type ScenarioName,
  scenarioNames,
  startEmulator,
} from '../../../demo/vapi-emulator/emulator.ts';

export const orgId = '11111111-2222-4333-8444-555555555555';
export const otherOrgId = '99999999-2222-4333-8444-555555555555';
export const privateKey = 'private-key-of-acme';
export const publicKey = 'public-key-of-acme';
export const otherPrivateKey = 'private-key-of-another-org';

/** The assistant of each scenario. */
export const assistantOf = (scenario: ScenarioName): string =>
  `aaaaaaaa-bbbb-4ccc-8ddd-${String(scenarioNames.indexOf(scenario)).padStart(12, '0')}`;

export interface Webhook {
  headers: IncomingHttpHeaders;
  raw: string;
  message: Record<string, unknown> & { type: string; call: Record<string, unknown> };
}

export interface Network {
  emulator: Emulator;
  /** Every webhook so far, in order of arrival. */
  webhooks: Webhook[];
  receiverUrl: string;
  /** Statuses for the next webhooks; 200 when it is empty. */
  answers: number[];
  close: () => Promise<void>;
}

export async function startNetwork(options: Partial<EmulatorOptions> = {}): Promise<Network> {
  const webhooks: Webhook[] = [];
  const answers: number[] = [];
  const receiver = createServer(async (request, response) => {
    let raw = '';
    for await (const chunk of request) raw += chunk;
    webhooks.push({ headers: request.headers, raw, message: JSON.parse(raw).message });
    response.writeHead(answers.shift() ?? 200).end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const emulator = await startEmulator({
    port: 0,
    reportDelayMs: 0,
    costLateMs: 0,
    costChangesMs: 0,
    slowMs: 0,
    orgs: [
      {
        orgId,
        privateKeys: [privateKey, 'second-private-key'],
        publicKeys: [{ value: publicKey }],
        server: { url: receiverUrl },
        assistants: scenarioNames.map((scenario) => ({
          id: assistantOf(scenario),
          name: scenario,
          scenario,
          serverMessages: ['status-update', 'end-of-call-report'],
        })),
        credentials: [
          { id: 'cred-bearer', authenticationPlan: { type: 'bearer', token: 'hook-token' } },
          {
            id: 'cred-hmac',
            authenticationPlan: { type: 'hmac', secretKey: 'hmac-secret', signaturePrefix: 'sha256=' },
          },
        ],
      },
      { orgId: otherOrgId, privateKeys: [otherPrivateKey], publicKeys: [], assistants: [] },
    ],
    ...options,
  });
  return {
    emulator,
    webhooks,
    receiverUrl,
    answers,
    close: async () => {
      await emulator.close();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes
  body: any;
}

/** One request with a JSON body and a bearer key. */
export async function ask(
  emulator: Emulator,
  method: string,
  path: string,
  { key = privateKey, body, origin }: { key?: string | null; body?: unknown; origin?: string } = {},
): Promise<Answer> {
  const answer = await fetch(path.startsWith('http') ? path : emulator.url + path, {
    method,
    headers: {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(origin === undefined ? {} : { Origin: origin }),
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = answer.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
}

/** A request whose headers are exactly these: `fetch` would add a user agent. */
export function askBare(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    request.on('error', reject);
    request.end('{}');
  });
}
