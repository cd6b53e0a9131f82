/** The interface of a kind of challenge. Types only. */

/** A challenge is valid only for the tenant and page that it was issued for. */
export interface ChallengeSubject {
  tenant: string;
  origin: string;
}

export interface Challenger {
  /** What the browser must solve. */
  issue(subject: ChallengeSubject, nowMs: number): Promise<object>;
  /** @returns the solution's unique id and when it expires (epoch milliseconds); null when it is not a solution */
  verify(
    solution: string,
    subject: ChallengeSubject,
    nowMs: number,
  ): Promise<{ id: string; expiresAt: number } | null>;
}
