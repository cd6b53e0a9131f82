/** What a kind of challenge has to be able to do. Types only. */

/** A challenge counts only for the tenant and page for which it was made. */
export interface ChallengeSubject {
  tenant: string;
  origin: string;
}

export interface Challenger {
  /** What the browser is given to solve. */
  issue(subject: ChallengeSubject, nowMs: number): Promise<object>;
  /** @returns what makes this solution unique and when it expires (epoch milliseconds); null when it is no solution */
  verify(
    solution: string,
    subject: ChallengeSubject,
    nowMs: number,
  ): Promise<{ id: string; expiresAt: number } | null>;
}
