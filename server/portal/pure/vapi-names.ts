/** The assistants and squads of an organization as choices. Pure. */
import type { VapiLookAnswer } from '../../contract.ts';

/** Assistants first; a squad says how many members it has. */
export function namesAtVapi({
  assistants,
  squads,
}: Pick<VapiLookAnswer, 'assistants' | 'squads'>): [id: string, name: string][] {
  return [
    ...assistants.map(({ id, name }): [string, string] => [id, name ?? id]),
    ...squads.map(({ id, name, assistantIds }): [string, string] => [
      id,
      `${name ?? id} (squad of ${assistantIds.length})`,
    ]),
  ];
}
