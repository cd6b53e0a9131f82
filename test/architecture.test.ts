/** Who may import whom (the layout's rules), read from the sources. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

interface Import {
  from: string;
  /** A path in the project, or a package's name. */
  to: string;
  typeOnly: boolean;
}

const files = globSync('{server,widget,demo,test}/**/*.{ts,js}', { cwd: root })
  .filter((file) => !file.includes('node_modules'))
  .map((file) => file.replaceAll('\\', '/'))
  .sort();
const imports: Import[] = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const statement = /^\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  const found = [
    ...[...source.matchAll(statement)].map((match) => ({
      typeOnly: Boolean(match[1]),
      path: match[2] ?? '',
    })),
    ...[...source.matchAll(dynamic)].map((match) => ({ typeOnly: false, path: match[1] ?? '' })),
  ];
  return found.map(({ typeOnly, path }) => ({
    from: file,
    to: path.startsWith('.') ? relative(root, join(root, dirname(file), path)).replaceAll('\\', '/') : path,
    typeOnly,
  }));
}

const inside = (folder: string) => (path: string) => path === folder || path.startsWith(`${folder}/`);
const show = (found: Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

describe('who may import whom', () => {
  it('is read from the sources: these rules have something to look at', () => {
    assert.ok(imports.length > 400, `${imports.length} imports found`);
  });

  it('the element and the portal take only types of the server, and only of its contract', () => {
    const apart = (path: string) => inside('widget')(path) || inside('server/portal')(path);
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        apart(from) &&
        inside('server')(to) &&
        !inside('server/portal')(to) &&
        !(typeOnly && to === 'server/contract.ts') &&
        // Amounts are shown with the decimals with which they are billed: one rule, in one file that imports nothing.
        !(inside('server/portal')(from) && to === 'server/base/currency.ts'),
    );
    assert.deepEqual(show(wrong), []);
    assert.deepEqual(show(imports.filter(({ from }) => from === 'server/base/currency.ts')), []);
  });

  it('the product imports neither the demo nor the tests, and the demo not the tests', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        ((inside('server')(from) || inside('widget')(from)) && (inside('demo')(to) || inside('test')(to))) ||
        (inside('demo')(from) && inside('test')(to)),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('the emulator shares nothing with the product', () => {
    const wrong = imports.filter(
      ({ from, to }) => inside('demo/vapi-emulator')(from) && (inside('server')(to) || inside('widget')(to)),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('only one file of the element knows the voice SDK, and Lit is only in the panel', () => {
    const sdk = imports.filter(({ from, to }) => inside('widget')(from) && /^@(vapi-ai|daily-co)\//.test(to));
    assert.deepEqual([...new Set(sdk.map(({ from }) => from))], ['widget/vapi-call.ts']);
    const lit = imports.filter(({ from, to }) => inside('widget')(from) && /^lit(\/|$)/.test(to));
    assert.deepEqual(show(lit.filter(({ from }) => !inside('widget/panel')(from))), []);
  });

  it('only the store knows the database', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        inside('server')(from) &&
        !inside('server/store')(from) &&
        !typeOnly &&
        /^(pg|node:sqlite|kysely)$/.test(to),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('only server/vapi knows Vapi’s SDK', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        inside('server')(from) && to === '@vapi-ai/server-sdk' && !inside('server/vapi')(from),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('only one file of the server loads Stripe’s package, and one more knows its types', () => {
    const own = imports.filter(({ from, to }) => inside('server')(from) && to === 'stripe');
    const of = (types: boolean) => own.filter(({ typeOnly }) => typeOnly === types).map(({ from }) => from);
    assert.deepEqual(of(false), ['server/billing/stripe-api.ts']);
    assert.deepEqual(of(true), ['server/billing/stripe-invoice.ts']);
  });

  it('domains do not import routes, and routes not each other', () => {
    const helpers = ['parse', 'caller', 'cursor', 'csv'].map((name) => `server/routes/${name}.ts`);
    const wrong = imports.filter(
      ({ from, to }) =>
        inside('server/routes')(to) &&
        from !== 'server/app.ts' &&
        inside('server')(from) &&
        !(inside('server/routes')(from) && helpers.includes(to)),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('rating never sees Vapi, and metering never sees prices', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        (inside('server/billing')(from) && inside('server/vapi')(to)) ||
        (inside('server/metering')(from) && inside('server/billing')(to)),
    );
    assert.deepEqual(show(wrong), []);
  });

  it('pure files import no Express, store, Node, clock or environment', () => {
    const pure = [
      'server/access/allowed-origins.ts',
      'server/access/limits.ts',
      'server/access/opening-hours.ts',
      'server/access/shared-hosts.ts',
      'server/base/money.ts',
      'server/billing/period.ts',
      'server/billing/plan.ts',
      'server/billing/rating.ts',
      'server/metering/assignment.ts',
      'server/base/currency.ts',
      'server/ledger/call-event.ts',
      'server/ledger/doubt.ts',
      'server/metering/delivery-places.ts',
      'server/metering/poll-schedule.ts',
      'server/ledger/usage.ts',
      'server/portal/amounts.ts',
      'server/portal/color.ts',
      'server/portal/common-texts.ts',
      'server/portal/field-kinds.ts',
      'server/portal/format.ts',
      'server/portal/plan-shape.ts',
      'server/portal/plan-words.ts',
      'server/portal/zone.ts',
      'server/vapi/call-record.ts',
      'server/vapi/control-url.ts',
      'server/vapi/cost.ts',
      'server/vapi/messages.ts',
      'widget/call-state.ts',
      'widget/transcript.ts',
    ];
    const impure = ({ to, typeOnly }: Import) =>
      !typeOnly &&
      (/^(express|kysely|pg|node:.*)$/.test(to) || inside('server/store')(to) || to === 'server/config.ts');
    assert.deepEqual(show(imports.filter((found) => pure.includes(found.from) && impure(found))), []);
    const clocks = pure.filter((file) =>
      /\bDate\.now\(|\bprocess\.env\b|new Date\(\)/.test(readFileSync(join(root, file), 'utf8')),
    );
    assert.deepEqual(clocks, []);
  });

  it('only the entries read the environment, and the one inside another app no more than NODE_ENV', () => {
    const reads = (file: string) =>
      (file === 'server/mount.ts' ? /\bprocess\.env\b(?!\.NODE_ENV\b)/ : /\bprocess\.env\b/).test(
        readFileSync(join(root, file), 'utf8'),
      );
    const readers = files.filter((file) => inside('server')(file) && reads(file));
    assert.deepEqual(
      readers.filter((file) => !['server/main.ts', 'server/cli.ts'].includes(file)),
      [],
    );
  });

  it('every folder of code says what it is for', () => {
    const folders = ['widget', 'demo', 'demo/vapi-emulator', 'test', 'server'].concat(
      ['access', 'billing', 'cli', 'metering', 'routes', 'store', 'vapi'].map((name) => `server/${name}`),
    );
    const silent = folders.filter(
      (folder) => globSync('README.md', { cwd: join(root, folder) }).length === 0,
    );
    assert.deepEqual(silent, []);
  });
});
