/**
 * Loaded with every test file: whatever it leaves open does not keep its process alive, and is named. The runner's own
 * `--test-force-exit` ends a process before its last results are written, which are then not counted.
 */
import { after } from 'node:test';
import './kept-connections.ts';
import './vapi-shapes/watch.ts';

/** From the last test on; the file's own hooks close things meanwhile. */
const graceMs = 10_000;

// The runner itself loads it too, and has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  after(() => {
    setTimeout(() => {
      process.stderr.write(
        `${process.argv[1]} leaves open: ${process.getActiveResourcesInfo().join(', ')}\n`,
      );
      process.exit();
    }, graceMs).unref();
  });
}
