/** `stopping` once a stop is announced: load balancers are told to send nothing more. */
export interface Lifecycle {
  stopping: boolean;
}
