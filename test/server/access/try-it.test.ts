/** The curl script that the documentation offers to sceptics gets the answers that it promises. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import { type Demo, startDemo } from '../../../demo/start-demo.ts';

let demo: Demo;
before(async () => {
  demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    pastCalls: false,
  });
});
after(() => demo?.close());

it('try-it.sh gets every answer that it expects', async () => {
  const { server: SERVER, site: SITE, foreignSite: FOREIGN, operatorKey: OPERATOR_KEY } = demo;
  const env = { PATH: process.env.PATH, SERVER, SITE, FOREIGN, OPERATOR_KEY };
  const { stdout } = await promisify(execFile)('sh', ['server/access/try-it.sh'], { env }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  assert.equal(stdout.match(/ ok$/gm)?.length, 27);
  assert.doesNotMatch(stdout, /NOT OK/);
});
