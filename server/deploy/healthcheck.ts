/** `node server/deploy/healthcheck.ts PORT` exits 0 when the server on this machine is alive, for a container's check. */
const url = `http://127.0.0.1:${process.argv[2]}/healthz`;
const alive = await fetch(url, { signal: AbortSignal.timeout(4000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exitCode = alive ? 0 : 1;
