/** The library entry: the class and the types, with no side effect. Import `define.ts` to register the tag. */
export type { Speaker } from './call-state.ts';
export type * from './events.ts';
export type { FailureCode } from './failure.ts';
export { VapiAgent } from './vapi-agent.ts';
