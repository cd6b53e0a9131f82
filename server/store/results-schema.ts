/** The tables about what calls achieved. */
export interface ResultsSchema {
  callResults: CallResultsTable;
  outcomeRules: OutcomeRulesTable;
  callOutcomes: CallOutcomesTable;
  outcomeDaily: OutcomeDailyTable;
}

/** What is kept of a call's results: a row from the first report that has any. */
export interface CallResultsTable {
  tenantId: string;
  callId: string;
  /** 1 = the evaluation passed, 0 = it did not; null when there is none, or it is neither. Erased with the content. */
  success: number | null;
  /** JSON of `ResultsContent`. */
  contentSealed: string | null;
  /** JSON of `ResultsMeasures`. */
  measures: string;
  /** As in the measures, for filters. */
  language: string | null;
  /** The call's creation while content is kept; null when there is none. */
  contentFrom: number | null;
  /** Since when the content is erased: no later report brings it back. */
  erasedAt: number | null;
}

/** The versions of a tenant's outcome; each stays as it was set. */
export interface OutcomeRulesTable {
  tenantId: string;
  /** From 1. */
  version: number;
  name: string | null;
  /** JSON of `OutcomeRule`; null = nothing is counted from then on. */
  rule: string | null;
  /** Later than that of the version before. */
  validFrom: number;
}

/** Whether a call counts. It remains when the content that it was judged by is erased. */
export interface CallOutcomesTable {
  tenantId: string;
  callId: string;
  version: number;
  /** 1 or 0. */
  counts: number;
  /** The call's `usageDay`. */
  day: string;
  /** The call's; 0 while unknown. */
  costMicros: number;
}

/** Always the sums of the tenant's `call_outcomes`. */
export interface OutcomeDailyTable {
  tenantId: string;
  day: string;
  judged: number;
  outcomes: number;
  costMicros: number;
}
