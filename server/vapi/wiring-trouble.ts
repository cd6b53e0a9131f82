/** Whether an assistant, as it was read, reports to us, and what to do if it does not. Pure. */
import type { WiringTrouble } from '../contract.ts';
import type { SavedAssistant, VapiServer } from './assistants.ts';
import { defaultServerMessages } from './message-kinds.ts';
import { webhookTokenHeader } from './webhook-auth.ts';
import { ourMessages } from './wiring-plan.ts';

/** Where a tenant's assistants must report, and what they may present. */
export interface ReportsTo {
  url: string;
  /** The current webhook secret, and the previous one while it is accepted; null when Vapi signs instead. */
  secrets: string[] | null;
}

/** Looser than what wiring writes: an assistant that was set up by hand also reports. */
export function troubleOf(assistant: SavedAssistant, { url, secrets }: ReportsTo): WiringTrouble | null {
  const server = assistant.server ?? {};
  const presented = presentedBy(server);
  const isKnown = secrets?.some((secret) => presented.includes(secret)) ?? false;
  // Its secret identifies it even if this server had another address.
  if (server.url !== url && !(isKnown && server.url)) return 'elsewhere';
  // A credential is stored at Vapi: what it presents cannot be read.
  if (secrets !== null && !isKnown && !server.credentialId) return 'secret';
  const messages = assistant.serverMessages ?? defaultServerMessages;
  return ourMessages.every((type) => messages.includes(type)) ? null : 'messages';
}

function presentedBy({ headers, secret }: VapiServer): string[] {
  const named = Object.entries(headers ?? {}).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (lower === 'authorization') return [String(value).replace(/^Bearer /i, '')];
    return lower === webhookTokenHeader || lower === 'x-vapi-secret' ? [String(value)] : [];
  });
  return secret ? [...named, secret] : named;
}

const advice: Record<WiringTrouble, string> = {
  draft:
    'Vapi keeps the change as a draft, which calls do not use. Publish the assistant’s draft in Vapi’s dashboard; if there is none, make the change there.',
  refused:
    'Vapi refused the change with 409. Publish or discard the assistant’s draft in Vapi’s dashboard, then try again.',
  elsewhere:
    'Its server at Vapi is not this one: it was changed there, or an earlier version was restored. Wire it again, or remove the assistant from the client.',
  secret:
    'It does not present the client’s current webhook secret, so its reports are refused. Wire it again.',
  messages: 'It does not send status updates and end-of-call reports. Wire it again.',
  gone: 'Vapi no longer has it. Choose another assistant in the client’s settings.',
  silent:
    'Its last calls ended without a report. Check that this server’s public address can be reached from the internet, and that neither the call nor a squad overrides `server`; then make a test call.',
};

/** A sentence or two for the operator, which follow the assistant's name and a colon. */
export const adviceOn = (trouble: WiringTrouble): string => advice[trouble];
