/** What the demo prints in the terminal once everything is running. */
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
The demo is running. Everything is on this machine, no account is needed; the voice comes from the emulator.
Start at ${site}: it links to every page, and to the portal.

  1. Talk to the agents of three small businesses, each in another access mode. Allow the microphone,
     listen, hang up: about five seconds later the call is reported here, with its cost.
${visits.join('\n')}

  2. See what the operator sees: clients, calls, cost, price and margin. ${pastCalls} calls of the last thirty days
     are there already, and last month is billed.
       ${portal.operator}
     And what the client sees, the bakery:
       ${portal.client}
     Each link works once, for 15 minutes; ${site}/portal and ${site}/portal-acme make new ones.
     The same figures in the terminal:
       VAPI_AGENT_URL=${server} OPERATOR_API_KEY=${operatorKey} npm run cli -- calls acme
       curl -H 'Authorization: Bearer ${operatorKey}' \\
         '${server}/v1/tenants/acme/usage?by=component'

  3. Open a page that has copied the bakery's snippet: it gets no session and costs nothing.
       ${foreignSite}

  4. See what the element does and where it works: twelve languages, consent, calls that continue from page to
     page, frames, strict policies, and a configurator that writes the snippet.
       ${site}/configurator

  5. Try what goes wrong: microphone refused, lines busy, budget used up, a slow or broken Vapi. The tenants
     for it are created when you first open the page.
       ${site}/trouble

${emulator.url} is the emulated Vapi. Ctrl-C ends everything.
`;
}
