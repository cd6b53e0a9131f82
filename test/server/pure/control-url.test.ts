import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isControlUrl } from '../../../server/vapi/control-url.ts';

describe('a call is ended at Vapi and nowhere else', () => {
  const cases: [url: string, isVapis: boolean, baseUrl?: string][] = [
    ['https://phone-call-websocket.aws-us-west-2-backend-production3.vapi.ai/0c0c/control', true],
    ['https://api.vapi.ai/control', true],
    ['http://worker.vapi.ai/0c0c/control', false],
    ['https://vapi.ai.evil.example/control', false],
    ['https://evilvapi.ai/control', false],
    ['https://worker.vapi.ai@evil.example/control', false],
    ['https://user@worker.vapi.ai/control', false],
    ['https://169.254.169.254/latest', false],
    ['http://127.0.0.1:8787/v1/tenants/acme/pause', false],
    ['http://127.0.0.1:4000/_worker/0c0c/control', true, 'http://127.0.0.1:4000'],
    ['http://127.0.0.1:4001/_worker/0c0c/control', false, 'http://127.0.0.1:4000'],
    ['nonsense', false],
  ];
  for (const [url, isVapis, baseUrl = 'https://api.vapi.ai'] of cases) {
    it(`${url} with ${baseUrl}`, () => assert.equal(isControlUrl(url, baseUrl), isVapis));
  }
});
