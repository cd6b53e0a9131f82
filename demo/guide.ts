/** What the demo says in the terminal once everything runs. */
import { clients } from './cast.ts';
import type { Demo } from './start-demo.ts';

/** The last line of a start with `--json`: base URLs, the key, the clients. */
export function machineLine(demo: Demo): string {
  const { server, site, foreignSite, emulator, operatorKey, portal } = demo;
  const tenants = clients.map(({ slug, accessMode }) => ({ slug, accessMode }));
  return JSON.stringify({ server, site, foreignSite, emulator: emulator.url, operatorKey, portal, tenants });
}

export function guide({ server, site, foreignSite, emulator, operatorKey, portal, pastCalls }: Demo): string {
  const visits = clients.map(
    ({ slug, name, accessMode }) => `       ${site}/${slug}  ${name} (${accessMode})`,
  );
  return `
The demo runs. Everything is on this machine, no account is needed; the voice is the emulator's.

  1. Talk to the agents of three small businesses, each in another access mode. Allow the microphone,
     listen, hang up: about five seconds later the call is told here, with its cost.
${visits.join('\n')}

  2. See what the operator sees: clients, calls, cost, price and margin. ${pastCalls} calls of the last thirty days
     are there already, and last month is billed.
       ${portal.operator}
     And what the client sees, the bakery:
       ${portal.client}
     Each link works once, for 15 minutes. More of them, and the same figures in the terminal:
       VAPI_AGENT_URL=${server} OPERATOR_API_KEY=${operatorKey} npm run cli -- sign-in-link
       curl -H 'Authorization: Bearer ${operatorKey}' \\
         '${server}/v1/tenants/acme/usage?by=component'
       curl -H 'Authorization: Bearer ${operatorKey}' ${server}/v1/tenants/acme/calls

  3. Open a page that has copied the bakery's snippet: it gets no session and costs nothing.
       ${foreignSite}

  4. Try what goes wrong: microphone refused, lines busy, budget used up, a slow or broken Vapi.
       ${site}/trouble

  5. See what the element does and where it works: twelve languages, consent, calls that go on from page to
     page, frames, strict policies, and a configurator that writes the snippet.
       ${site}/configurator

All pages are linked from ${site}. Vapi's place is taken by ${emulator.url}. Ctrl-C ends everything.
`;
}
