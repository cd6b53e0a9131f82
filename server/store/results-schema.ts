/** The tables about what calls achieved. */
export interface ResultsSchema {
  callResults: CallResultsTable;
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
