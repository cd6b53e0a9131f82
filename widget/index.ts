/** The library entry: the class and the types, without side effects. Import `define.ts` to register the tag. */
export type { Speaker } from './call-state.ts';
export type * from './events.ts';
export type { FailureCode } from './failure.ts';
export { VapiAgent } from './vapi-agent.ts';
