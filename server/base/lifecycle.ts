/** `stopping` once a stop is announced: readiness then makes load balancers send no more requests. */
export interface Lifecycle {
  stopping: boolean;
}
