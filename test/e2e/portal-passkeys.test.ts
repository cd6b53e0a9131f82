/** Passkeys in a real browser, with its own virtual authenticator: adding, signing in, renaming, removing. */
import { after, before, test } from 'node:test';
import { farMs } from '../support/time-limit.ts';
import { type ClientsPortal, startClientsPortal } from './support/clients-portal.ts';
import { checkLooks } from './support/portal.ts';

let portal: ClientsPortal;
let address: string;
before(async () => {
  portal = await startClientsPortal();
  // A passkey belongs to a host name, never to an address.
  address = portal.server.url.replace('127.0.0.1', 'localhost');
  portal.server.ctx.config.publicUrl = address;
});
after(() => portal?.close());

for (const look of [
  { width: 1280, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
] as const) {
  test(`a person adds a passkey and signs in with it, ${look.width} pixels wide`, async () => {
    const { server, browser } = portal;
    const email = `jo${look.width}@agency.example`;
    const invited = await server.operator('POST', '/v1/invitations', { email, role: 'manager' });
    const context = await browser.newContext({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(farMs);
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    await page.goto(
      `${address}/portal/${new URL(invited.body.url).pathname.split('/').at(-1)}${new URL(invited.body.url).search}`,
    );
    await page.getByRole('button', { name: 'Accept and sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.evaluate(() => {
      location.hash = '#/sessions';
    });
    await page.getByLabel('Name of the new passkey').fill('Work laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Added.').waitFor();
    await page.getByRole('rowheader', { name: 'Work laptop' }).waitFor();
    await checkLooks(page, 'the sessions with a passkey');
    // On the same device a second one would only be another name for the first.
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('This device has a passkey for you already.').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    await checkLooks(page, 'signed out, with a passkey');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.getByRole('rowheader', { name: 'Work laptop' }).waitFor();

    await page.getByRole('button', { name: 'Rename Work laptop' }).click();
    await page.getByLabel('New name of Work laptop').fill('Old laptop');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Remove Old laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Removed.').waitFor();
    await page.getByRole('rowheader', { name: 'Old laptop' }).waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('This passkey does not work here').waitFor();
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId });

    await page.goto(`${address}/portal/link`);
    await checkLooks(page, 'the sign-in page');
    await page.getByRole('link', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    await context.close();
  });
}
