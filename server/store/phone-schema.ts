/** The tables about phone numbers and those who call them. */
export interface PhoneSchema {
  phoneNumbers: PhoneNumbersTable;
  blockedCallers: BlockedCallersTable;
}

/** A number of an org that a tenant uses; a number belongs to one tenant. */
export interface PhoneNumbersTable {
  /** Vapi's id. */
  id: string;
  tenantId: string;
  /** `ask`: Vapi asks this server who answers. `assistant`: the assistant answers without asking. */
  mode: 'ask' | 'assistant';
  /** Of an assistant or a squad. */
  assistantId: string;
  /** E.164: where Vapi sends a call when this server does not answer; null = nowhere. */
  fallback: string | null;
  createdAt: number;
  updatedAt: number;
}

export interface BlockedCallersTable {
  tenantId: string;
  id: string;
  /** Of the number, keyed, as in `call_callers`. */
  hash: string;
  /** The number's last digits, so that a person recognizes it. */
  ending: string;
  note: string;
  createdAt: number;
}
