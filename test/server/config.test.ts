import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError, readConfig } from '../../server/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const secretKey = Buffer.alloc(32, 7).toString('base64');
const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://voice.agency.example/',
  SECRET_KEY: secretKey,
  OPERATOR_API_KEY: 'vak_an-operator-key-of-some-length',
};

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env, folder);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

describe('the configuration', () => {
  it('of a first local start needs no settings, and a second start finds the same keys', () => {
    const dataDir = join(folder, 'local');
    const first = readConfig({}, dataDir);
    const second = readConfig({}, dataDir);
    assert.equal(first.config.publicUrl, 'http://localhost:8787');
    assert.deepEqual(first.config.database, { kind: 'sqlite', file: join(dataDir, 'vapi-agent.db') });
    assert.deepEqual(first.secrets, second.secrets);
    assert.equal(statSync(join(dataDir, 'secret-key')).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(dataDir, 'operator-key'), 'utf8').trim(), first.secrets.operatorApiKey);
  });

  it('in production generates nothing and names everything that is missing at once', () => {
    assert.deepEqual(
      problemsOf({ NODE_ENV: 'production' }).map((problem) => problem.split(' ')[0]),
      ['PUBLIC_URL', 'SECRET_KEY', 'OPERATOR_API_KEY'],
    );
  });

  it('names every bad setting at once', () => {
    const bad = {
      PORT: '80a',
      PUBLIC_URL: 'voice.example',
      DATABASE_URL: 'mysql://db',
      SECRET_KEY: 'short',
      OPERATOR_API_KEY: 'short',
      TRUST_PROXY: 'true',
      VAPI_BASE_URL: 'ftp://vapi',
      LOG_LEVEL: 'loud',
      AHEAD_PER_MINUTE: '0',
      SESSIONS_PER_MINUTE: 'many',
      STARTS_PER_MINUTE: '-1',
      SWEEPS_AT_ONCE: '0',
      CLOSE_PARALLEL: '0',
      DATABASE_BACKGROUND_POOL: '0',
      SMTP_URL: 'mail.example',
      REDIS_URL: 'cache.example:6379',
      KEEP_DAYS: '7',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key',
    };
    const named = problemsOf(bad).map((problem) => problem.split(' ')[0]);
    assert.deepEqual(named.sort(), [...Object.keys(bad), 'SMTP_FROM'].sort());
  });

  it('needs all of OpenID Connect, a safe issuer, and whose accounts are staff before they join unasked', () => {
    const named = (given: Record<string, string>) =>
      problemsOf({ ...production, ...given }).map((problem) => problem.split(/[ :]/)[0]);
    const all = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'id', OIDC_CLIENT_SECRET: 'secret' };
    assert.deepEqual(named({ OIDC_ISSUER: all.OIDC_ISSUER }), ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']);
    assert.deepEqual(named({ OIDC_ALLOWED: 'agency.example' }).length, 3);
    assert.deepEqual(named({ ...all, OIDC_ISSUER: 'http://id.example' }), ['OIDC_ISSUER']);
    assert.deepEqual(named({ ...all, OIDC_ALLOWED: 'agency.example,@x' }), ['OIDC_ALLOWED']);
    assert.deepEqual(named({ ...all, OIDC_NEW_ROLE: 'viewer' }), ['OIDC_NEW_ROLE']);
    assert.deepEqual(named({ ...all, OIDC_NEW_ROLE: 'owner', OIDC_ALLOWED: 'agency.example' }), [
      'OIDC_NEW_ROLE',
    ]);
    const { config, secrets } = readConfig(
      { ...production, ...all, OIDC_ALLOWED: 'Agency.example, a@b.example' },
      folder,
    );
    assert.deepEqual(secrets.oidc?.allowed, ['agency.example', 'a@b.example']);
    assert.equal(secrets.oidc?.newRole, null);
    assert.ok(!JSON.stringify(config).includes('secret'));
  });

  it('accepts the limits of a visitor network', () => {
    const given = { AHEAD_PER_MINUTE: '900', SESSIONS_PER_MINUTE: '90', STARTS_PER_MINUTE: '30' };
    assert.deepEqual(readConfig({ ...production, ...given }, folder).config.visitorLimits, {
      ahead: 900,
      sessions: 90,
      starts: 30,
    });
    const usual = readConfig(production, folder).config.visitorLimits;
    assert.deepEqual(usual, { ahead: 600, sessions: 60, starts: 60 });
  });

  it('accepts how many connections requests and background work have', () => {
    const given = { DATABASE_POOL: '20', DATABASE_BACKGROUND_POOL: '8' };
    const { pool, backgroundPool } = readConfig({ ...production, ...given }, folder).config.database;
    assert.deepEqual([pool, backgroundPool], [20, 8]);
  });

  it('accepts how many organizations are compared at once', () => {
    assert.equal(readConfig({ ...production, SWEEPS_AT_ONCE: '20' }, folder).config.sweepsAtOnce, 20);
    assert.equal(readConfig(production, folder).config.sweepsAtOnce, 8);
  });

  it('sends traces and metrics only if it says where to, with headers as OpenTelemetry writes them', () => {
    assert.equal(readConfig(production, folder).config.telemetry, null);
    const given = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Db, x-team=voice',
    };
    const { config, secrets } = readConfig({ ...production, ...given }, folder);
    assert.deepEqual(config.telemetry, { endpoint: 'http://collector:4318', serviceName: 'vapi-agent' });
    assert.deepEqual(secrets.telemetryHeaders, { 'api-key': 'a=b', 'x-team': 'voice' });
    const named = readConfig({ ...production, ...given, OTEL_SERVICE_NAME: 'voice' }, folder);
    assert.equal(named.config.telemetry?.serviceName, 'voice');
    for (const text of ['a=%', 'a=%0d%0ab', 'a b=c'])
      assert.equal(problemsOf({ ...production, OTEL_EXPORTER_OTLP_HEADERS: text }).length, 1);
  });

  for (const url of ['http://voice.example', 'http://10.0.0.1/voice', 'http://localhost.example'])
    it(`refuses PUBLIC_URL=${url} in production, where keys would travel in the clear`, () => {
      assert.match(problemsOf({ ...production, PUBLIC_URL: url }).join(), /^PUBLIC_URL must be https/);
      assert.deepEqual(problemsOf({ ...production, NODE_ENV: 'development', PUBLIC_URL: url }), []);
    });
  for (const url of [
    'http://localhost:8787',
    'http://127.0.0.1/voice',
    'http://[::1]:1',
    'http://a.localhost',
  ])
    it(`takes PUBLIC_URL=${url} in production: it does not leave the machine`, () => {
      assert.deepEqual(problemsOf({ ...production, PUBLIC_URL: url }), []);
    });

  const talkHosts: [publicUrl: string | undefined, talkUrl: string | null][] = [
    [undefined, 'http://talk.localhost:8787'],
    ['http://localhost:3000/voice', 'http://talk.localhost:3000/voice'],
    ['http://localhost', 'http://talk.localhost'],
    ['http://127.0.0.1:8787', null],
    ['http://localhost.agency.example', null],
    ['https://localhost:8787', null],
    ['https://voice.agency.example', null],
  ];
  for (const [publicUrl, talkUrl] of talkHosts) {
    it(`has the talk host ${talkUrl} on a developer’s machine with PUBLIC_URL=${publicUrl}`, () => {
      const env = publicUrl === undefined ? {} : { PUBLIC_URL: publicUrl };
      assert.equal(readConfig(env, join(folder, 'local')).config.talkUrl, talkUrl);
    });
  }

  it('has a talk host in production only if one is given, on https and with another name than the public host', () => {
    const given = (TALK_URL: string) => problemsOf({ ...production, TALK_URL });
    assert.equal(readConfig(production, folder).config.talkUrl, null);
    const local = { ...production, PUBLIC_URL: 'http://localhost:8787' };
    assert.equal(readConfig(local, folder).config.talkUrl, null);
    const { config } = readConfig({ ...production, TALK_URL: 'https://talk.agency.example/' }, folder);
    assert.equal(config.talkUrl, 'https://talk.agency.example');
    // Cookies know no ports.
    for (const url of ['https://voice.agency.example', 'https://VOICE.agency.example.:8443/talk'])
      assert.match(given(url).join(), /^TALK_URL must have another host name than PUBLIC_URL/);
    assert.match(given('http://talk.agency.example').join(), /^TALK_URL must be https/);
    assert.match(given('talk.agency.example').join(), /^TALK_URL must be an http\(s\) URL/);
    assert.deepEqual(problemsOf({ ...local, TALK_URL: 'http://127.0.0.1:8787' }), []);
  });

  const proxies: [text: string, value: unknown][] = [
    ['false', false],
    ['1', 1],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
    ['2001:db8::1', ['2001:db8::1']],
  ];
  for (const [text, value] of proxies) {
    it(`takes TRUST_PROXY=${text}`, () => {
      assert.deepEqual(readConfig({ ...production, TRUST_PROXY: text }, folder).config.trustProxy, value);
    });
  }
  for (const text of ['true', '*', '0.0.0.0/0', '::/0', 'proxy.example']) {
    it(`refuses TRUST_PROXY=${text}, which would let a visitor choose its address`, () => {
      assert.equal(problemsOf({ ...production, TRUST_PROXY: text }).length, 1);
    });
  }

  it('takes the servers in a private network that ALLOW_PRIVATE_TARGETS lists, none by default', () => {
    const targets = (text: string) =>
      readConfig({ ...production, ALLOW_PRIVATE_TARGETS: text }, folder).config.privateTargets;
    assert.deepEqual(targets(''), []);
    assert.deepEqual(targets('n8n, 10.1.0.0/16,,fd12::1'), ['n8n', '10.1.0.0/16', 'fd12::1']);
  });

  it('names every entry of ALLOW_PRIVATE_TARGETS that may not be listed, metadata above all', () => {
    const problems = problemsOf({ ...production, ALLOW_PRIVATE_TARGETS: 'n8n,169.254.169.254,8.8.8.8' });
    assert.match(problems[0] ?? '', /^ALLOW_PRIVATE_TARGETS: 169\.254\.169\.254 is a link-local or metadata/);
    assert.match(problems[1] ?? '', /^ALLOW_PRIVATE_TARGETS: 8\.8\.8\.8 is not inside a private network/);
    assert.equal(problems.length, 2);
  });

  it('accepts the previous key, so that what it sealed can be opened during a rotation', () => {
    const previous = Buffer.alloc(32, 9).toString('base64');
    const { secrets } = readConfig({ ...production, SECRET_KEY_PREVIOUS: previous }, folder);
    assert.deepEqual(
      secrets.secretKeys.map((key) => key[0]),
      [7, 9],
    );
  });

  it('has no secret among the settings that may be shown', () => {
    const { config } = readConfig(
      { ...production, SMTP_URL: 'smtps://me:pass@mail.example', SMTP_FROM: 'a@b.example' },
      folder,
    );
    const shown = JSON.stringify(config);
    for (const secret of [secretKey, production.OPERATOR_API_KEY, 'pass']) assert.ok(!shown.includes(secret));
  });

  it('that is invalid ends the start with one message and exit code 1', () => {
    const main = join(import.meta.dirname, '..', '..', 'server', 'main.ts');
    const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: 'x' };
    const { status, stderr } = spawnSync(process.execPath, [main], { cwd: folder, env, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^Bad configuration:\n {2}- PORT .*\n {2}- PUBLIC_URL .*\n {2}- SECRET_KEY .*\n {2}- OPERATOR_API_KEY .*\n$/,
    );
  });
});
