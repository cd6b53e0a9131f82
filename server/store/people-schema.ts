/** The tables of people who sign in, and of their sign-ins. */

export interface PeopleSchema {
  users: UsersTable;
  memberships: MembershipsTable;
  invitations: InvitationsTable;
  signInLinks: SignInLinksTable;
  signIns: SignInsTable;
  passkeys: PasskeysTable;
  signInAttempts: SignInAttemptsTable;
}

export interface UsersTable {
  id: string;
  /** In lower case; one user each. */
  email: string;
  name: string;
  language: string | null;
  /** What a search looks in. */
  searchText: string;
  createdAt: number;
  disabledAt: number | null;
  /** When the newest e-mail to it was not accepted; null when the newest was. */
  mailFailedAt: number | null;
}

/** Where a user belongs: to the operator, to any number of tenants. */
export interface MembershipsTable {
  userId: string;
  /** The tenant's id, or `operator`. */
  place: string;
  tenantId: string | null;
  role: string;
  createdAt: number;
  /** Grows with each change, so that of two people who change it at once the second is refused. */
  version: number;
}

/** Accepting one removes it. */
export interface InvitationsTable {
  id: string;
  /** SHA-256 of the token. */
  hash: string;
  email: string;
  place: string;
  tenantId: string | null;
  role: string;
  /** The user, or the API key (also through a sign-in), with whose rights it ends; else as in the audit log. */
  invitedBy: string;
  createdAt: number;
  expiresAt: number;
  mailedAt: number | null;
  mailFailedAt: number | null;
}

/** Unused links to the portal; using one removes it. */
export interface SignInLinksTable {
  /** SHA-256 of the link's token, which is random enough that nothing slower is needed. */
  hash: string;
  /** Null for the operator's. */
  tenantId: string | null;
  /** The API key that made it and with which it ends; null for the operator key from the environment. */
  keyId: string | null;
  /** Whom it signs in; null for one without a person. */
  userId: string | null;
  /** 1 = only into `tenantId`: it was handed over by someone, and proves nothing about who uses it. */
  isFixed: number;
  expiresAt: number;
}

/** Portal sign-ins; ending one removes it. */
export interface SignInsTable {
  /** SHA-256 of the cookie's value. */
  hash: string;
  /** Names it in the audit log. */
  id: string;
  /** The only tenant that it sees; null for the operator. */
  tenantId: string | null;
  /** The link's. */
  keyId: string | null;
  userId: string | null;
  /** 1 = cannot change to another of its user's places, nor see those. */
  isFixed: number;
  createdAt: number;
  expiresAt: number;
  /** To the hour. */
  lastUsedAt: number | null;
  userAgent: string | null;
  /** The client's portal that an operator looks at, as which role, until when. */
  viewedTenantId: string | null;
  viewedRole: string | null;
  viewedUntil: number | null;
}

/** Removing the person, or its membership of the only place that it opens, removes it. */
export interface PasskeysTable {
  id: string;
  userId: string;
  /** The authenticator's, as are the key and the counter; base64url. */
  credentialId: string;
  publicKey: string;
  /** Of signatures; 0 for ever if the authenticator does not count. */
  counter: number;
  /** How a browser reaches the authenticator, separated by commas. */
  transports: string;
  name: string;
  /** With `isFixed` as of the sign-in that added it: a passkey opens no more than that. */
  tenantId: string | null;
  isFixed: number;
  createdAt: number;
  lastUsedAt: number | null;
}

/** What a browser must answer before it is signed in, or has added a passkey; reading it removes it. */
export interface SignInAttemptsTable {
  /** SHA-256 of the browser's cookie, or the sign-in that adds a passkey. */
  holder: string;
  kind: string;
  /** The challenge, or what OpenID Connect compares. */
  secret: string;
  expiresAt: number;
}
