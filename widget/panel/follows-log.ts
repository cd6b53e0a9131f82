/** What the panel's parts need from it. Types only. */

export interface FollowsLog extends Element {
  /** Scrolls to the end of the conversation, unless the visitor has scrolled up. */
  followLog(): void;
}
