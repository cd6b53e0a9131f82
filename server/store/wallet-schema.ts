/** The tables of wallets. `…Micros` are millionths of the wallet's currency, which is that of the client's plans. */

export interface WalletSchema {
  wallets: WalletsTable;
  walletEntries: WalletEntriesTable;
  walletPools: WalletPoolsTable;
  walletGrants: WalletGrantsTable;
}

/** One row a tenant. Writing it makes the wallet's transactions wait for each other. */
export interface WalletsTable {
  tenantId: string;
  currency: string;
  /** The sum of its entries. */
  balanceMicros: number;
  /** How far below zero starts may bring the balance. */
  creditLineMicros: number;
  /** JSON: the balances in micros at which a notice is sent, highest first. */
  lowMarks: string;
  /** The number of its newest entry, and of the newest that filled it. */
  lastNo: number;
  filledNo: number;
  updatedAt: number;
}

/** Rows are only added: the balance is their sum. */
export interface WalletEntriesTable {
  tenantId: string;
  no: number;
  at: number;
  /**
   * Booked by the operator: `top-up`, `grant`, `refund`, `adjustment`. A `charge` is for a call, or corrects one;
   * `settled` gives back a month's charges when its `invoice`, which is exact, is paid in their place. `expired` takes
   * what is unused of a grant.
   */
  kind: 'top-up' | 'grant' | 'refund' | 'adjustment' | 'charge' | 'settled' | 'invoice' | 'expired';
  amountMicros: number;
  /** After it. */
  balanceMicros: number;
  /** Of a charge: the call, and by which month, plan and rate it is priced. */
  callId: string | null;
  month: string | null;
  planId: string | null;
  rate: number | null;
  /** Of a charge: what it adds to the rate's seconds, and to the call's price before tax. */
  billedSeconds: number;
  priceMicros: number;
  invoiceId: string | null;
  expiresAt: number | null;
  /** The caller's: a repeated one books nothing. */
  reference: string | null;
  note: string;
}

/** What the calls of a month and rate have used of its minutes, and what was charged for them and is on no invoice. */
export interface WalletPoolsTable {
  tenantId: string;
  month: string;
  planId: string;
  rate: number;
  billedSeconds: number;
  chargedMicros: number;
}

/** What is unused of each grant that has not expired; spent in the order in which they expire, before all else. */
export interface WalletGrantsTable {
  tenantId: string;
  no: number;
  leftMicros: number;
  expiresAt: number;
}
