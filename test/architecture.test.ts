/** Which files may import which (the layout's rules), read from the sources. */
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
  const dynamic = /\bimport(?:\.meta\.resolve)?\(\s*['"]([^'"]+)['"]\s*\)/g;
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

/** The server's floors, bottom up; one line is one floor. */
const ladder = [
  ['base'],
  ['contract', 'contract.ts'],
  ['config.ts'],
  ['store'],
  ['errors.ts'],
  ['ledger'],
  // Pure, and needed to hold a price before the call: the rest of `billing` is above.
  ['billing/plan/period.ts', 'billing/plan/plan.ts', 'billing/plan/price.ts'],
  ['vapi'],
  ['context.ts'],
  ['access/audit.ts', 'access/byte-budget.ts', 'access/bounded-body.ts', 'access/proxy-hint.ts'],
  ['access/secrets'],
  ['access/notices'],
  ['access/identity'],
  ['access/tenants'],
  ['access/wallet'],
  ['access/start'],
  ['access/leads'],
  ['access/pruning.ts'],
  ['access/access-context.ts'],
  ['metering'],
  ['billing/plan'],
  ['billing/month'],
  ['billing/books'],
  ['billing/stripe'],
  ['billing/clerk'],
  ['doctor'],
  ['openapi'],
  ['snippets.ts', 'launcher-labels.ts'],
  ['routes'],
  ['server-context.ts'],
  ['app.ts'],
  ['parts.ts'],
  ['start.ts', 'mount.ts'],
  ['main.ts', 'cli', 'cli.ts', 'deploy'],
];
/** The portal's; it is a separate app and imports from the server only what the test below names. */
const portalLadder = [
  ['language'],
  ['pure'],
  ['parts'],
  ['forms'],
  ['views'],
  ['portal-app.ts'],
  ['main.ts'],
];

const floorIn = (floors: string[][], folder: string) => (path: string) =>
  floors.findIndex((places) => places.some((place) => inside(`${folder}/${place}`)(path)));
const floorOf = floorIn(ladder, 'server');
const isApp = inside('server/portal');
const isOfServer = (path: string) => inside('server')(path) && !isApp(path);
const portalFloorOf = floorIn(portalLadder, 'server/portal');

describe('which files may import which', () => {
  it('is read from the sources: these rules have files to check', () => {
    assert.ok(imports.length > 400, `${imports.length} imports found`);
  });

  it('goes downwards: no file imports from a floor above its own, values and types', () => {
    const upward =
      (floor: (path: string) => number) =>
      ({ from, to }: Import) =>
        floor(to) > floor(from);
    const inServer = imports.filter(({ from, to }) => isOfServer(from) && isOfServer(to));
    assert.deepEqual(show(inServer.filter(upward(floorOf))), []);
    const inPortal = imports.filter(({ from, to }) => isApp(from) && isApp(to));
    assert.deepEqual(show(inPortal.filter(upward(portalFloorOf))), []);
  });

  it('every file of the server and the portal is on a floor', () => {
    const homeless = files.filter(
      (file) => inside('server')(file) && (isApp(file) ? portalFloorOf(file) : floorOf(file)) === -1,
    );
    assert.deepEqual(homeless, []);
  });

  it('the element and the portal take only types of the server, and only of its contract', () => {
    const apart = (path: string) => inside('widget')(path) || inside('server/portal')(path);
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        apart(from) &&
        inside('server')(to) &&
        !inside('server/portal')(to) &&
        !(typeOnly && to === 'server/contract.ts') &&
        // Amounts are shown with the decimals they are billed with: one rule, in one file that imports nothing.
        !(inside('server/portal')(from) && to === 'server/base/currency.ts'),
    );
    assert.deepEqual(show(wrong), []);
    assert.deepEqual(show(imports.filter(({ from }) => from === 'server/base/currency.ts')), []);
  });

  it('the product imports neither the demo nor the tests; the demo does not import the tests', () => {
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

  it('only server/vapi, the element’s file for calls and the emulator use Vapi’s names', () => {
    const names =
      /roomDeleteOnUserLeaveEnabled|costBreakdown|phoneCallProvider|allowTransientAssistant|transfer-destination-request|['`](?:status-update|end-of-call-report|conversation-update|assistant-request|tool-calls)['`]/i;
    // As the ledger stores them and /v1 shows them; all other code uses `callKinds`.
    const stored = /'(?:webCall|inboundPhoneCall|outboundPhoneCall|queued|ringing|in-progress|forwarding)'/;
    const speaksVapi = (path: string) => inside('server/vapi')(path) || path === 'widget/vapi-call.ts';
    const mayStore = ['server/ledger', 'server/contract', 'server/openapi', 'server/portal/pure'].map(inside);
    const speakers = (words: RegExp) =>
      files.filter(
        (file) =>
          /^(server|widget)\//.test(file) &&
          !speaksVapi(file) &&
          !inside('server/store/migrations')(file) &&
          words.test(readFileSync(join(root, file), 'utf8')),
      );
    assert.deepEqual(speakers(names), []);
    assert.deepEqual(
      speakers(stored).filter((file) => !mayStore.some((may) => may(file))),
      [],
    );
  });

  it('only one file loads OpenTelemetry, and is itself loaded only if there is a collector', () => {
    const loads = imports.filter(({ from, to }) => inside('server')(from) && /^@opentelemetry\//.test(to));
    assert.deepEqual([...new Set(loads.map(({ from }) => from))], ['server/base/telemetry.ts']);
    const parts = readFileSync(join(root, 'server/parts.ts'), 'utf8');
    assert.match(
      parts,
      /if \(telemetry === null\) return null;\n *const .* = await import\('.\/base\/telemetry.ts'\)/,
    );
    const loaders = imports.filter(({ to, typeOnly }) => to === 'server/base/telemetry.ts' && !typeOnly);
    assert.deepEqual(
      loaders.filter(({ from }) => !inside('test')(from)).map(({ from }) => from),
      ['server/parts.ts'],
    );
  });

  it('only one file of the server loads Stripe’s package, and one more knows its types', () => {
    const own = imports.filter(({ from, to }) => inside('server')(from) && to === 'stripe');
    const of = (types: boolean) => own.filter(({ typeOnly }) => typeOnly === types).map(({ from }) => from);
    assert.deepEqual(of(false), ['server/billing/stripe/stripe-api.ts']);
    assert.deepEqual(of(true), ['server/billing/stripe/stripe-invoice.ts']);
  });

  it('a host that only serves installs what the server imports, and nothing else', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const loaded = imports.filter(
      ({ from, to, typeOnly }) => isOfServer(from) && !typeOnly && !/^(node:|server\/|vapi-agent\/)/.test(to),
    );
    const packages = loaded.map(({ to }) => /^(@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to);
    assert.deepEqual([...new Set(packages)].sort(), Object.keys(manifest.dependencies).sort());
  });

  it('domains do not import routes, and routes do not import each other', () => {
    const helpers = [
      'parse',
      'caller',
      'client-access',
      'cursor',
      'csv',
      'write-out',
      'call-view',
      'call-results',
      'visitor/cors',
    ].map((name) => `server/routes/${name}.ts`);
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
    const says = /^\/\*\*(?:(?!\*\/)[\s\S])*?\bPure[.;,]/;
    const pureFolders = ['server/portal/pure', 'server/ledger'];
    const pure = files.filter(
      (file) =>
        /^(server|widget)\//.test(file) &&
        (pureFolders.some((folder) => inside(folder)(file)) ||
          says.test(readFileSync(join(root, file), 'utf8'))),
    );
    assert.ok(pure.length > 20, `${pure.length} files say that they are pure`);
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

  it('every folder of code describes its purpose', () => {
    const folders = ['widget', 'demo', 'demo/vapi-emulator', 'test', 'server'].concat(
      [
        'access',
        'base',
        'billing',
        'cli',
        'doctor',
        'ledger',
        'metering',
        'openapi',
        'routes',
        'store',
        'vapi',
      ].map((name) => `server/${name}`),
    );
    const silent = folders.filter(
      (folder) => globSync('README.md', { cwd: join(root, folder) }).length === 0,
    );
    assert.deepEqual(silent, []);
  });
});
