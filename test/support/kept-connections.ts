/**
 * Loaded with every test file. No server of a test closes a connection that is kept: on a machine slow enough, it would
 * do so in the moment in which `fetch` sends its next request on it, which then fails. The clients close theirs.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

// The runner itself loads it too, and has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  subscribe('http.server.request.start', (message) => {
    (message as { server: Server }).server.keepAliveTimeout = 0;
  });
}
