/** The dashboard and the alerts that are delivered are about what the server measures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { errorStatus } from '../../server/contract/errors.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const folder = join(import.meta.dirname, '..', '..', 'server', 'deploy', 'monitoring');
const dashboard = readFileSync(join(folder, 'grafana-dashboard.json'), 'utf8');
const alerts = readFileSync(join(folder, 'alerts.yaml'), 'utf8');
const metricsIn = (text: string) => new Set(text.match(/\b(?:vapi_agent|nodejs|process)_[a-z0-9_]+/g));

describe('what is delivered for monitoring', () => {
  let server: TestServer;
  let measured: Set<string>;
  before(async () => {
    server = await startTestServer();
    const { text } = await server.operator('GET', '/metrics');
    measured = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  });
  after(() => server.close());

  it('names only what is measured', () => {
    for (const text of [dashboard, alerts]) {
      assert.deepEqual(
        [...metricsIn(text)].filter((name) => !measured.has(name)),
        [],
      );
    }
  });

  it('shows all that only this server measures', () => {
    const shown = metricsIn(dashboard);
    const own = [...measured].filter((name) => name.startsWith('vapi_agent_'));
    assert.ok(own.length > 5);
    assert.deepEqual(
      own.filter((name) => !shown.has(name)),
      [],
    );
  });

  it('alerts on results that exist', () => {
    const results = [...alerts.matchAll(/result=~?"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|'));
    assert.ok(results.length > 0);
    assert.deepEqual(
      results.filter((name) => name !== 'given-up' && !Object.hasOwn(errorStatus, name)),
      [],
    );
  });

  it('is a dashboard that any Grafana can import: its data source is asked for, its panels are distinct', () => {
    const { panels, templating } = JSON.parse(dashboard) as {
      panels: { id: number; datasource: { uid: string } }[];
      templating: { list: { name: string; type: string }[] };
    };
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.deepEqual([...new Set(panels.map(({ datasource }) => datasource.uid))], ['$source']);
    assert.deepEqual(
      templating.list.map(({ name, type }) => [name, type]),
      [['source', 'datasource']],
    );
  });
});
