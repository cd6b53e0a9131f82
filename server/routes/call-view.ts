/** A call as answers and files show it; shared by the lists of one client's calls and of all. */
import { iso } from '../base/iso.ts';
import { type CallView, costComponents } from '../contract.ts';
import { columnOf } from '../ledger/usage.ts';
import type { CallRow } from '../store/calls.ts';
import { endedClassOf } from '../vapi/ended-class.ts';
import { type Column, plainColumns, usd } from './csv.ts';

export function callColumns(withCost: boolean): Column<CallRow>[] {
  return [
    ...plainColumns<CallRow>('id', 'type', 'status'),
    { name: 'assistant', value: (row) => row.assistantId },
    { name: 'created', value: (row) => iso(row.createdAt) },
    { name: 'started', value: (row) => iso(row.startedAt) },
    { name: 'ended', value: (row) => iso(row.endedAt) },
    { name: 'seconds', value: (row) => row.seconds },
    { name: 'ended_reason', value: (row) => row.endedReason },
    { name: 'ended_class', value: (row) => endedClassOf(row.endedReason) },
    { name: 'unwanted', value: (row) => row.unwanted },
    ...(withCost
      ? [
          { name: 'cost_usd', value: (row: CallRow) => usd(row.costMicros) },
          ...costComponents.map((component) => ({
            name: `${component}_usd`,
            value: (row: CallRow) => usd(row[columnOf(component)]),
          })),
        ]
      : []),
  ];
}

export function viewCall(row: CallRow, withCost: boolean): CallView {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    accessMode: row.accessMode,
    assistantId: row.assistantId,
    createdAt: iso(row.createdAt),
    startedAt: iso(row.startedAt),
    endedAt: iso(row.endedAt),
    seconds: row.seconds,
    endedReason: row.endedReason,
    endedClass: endedClassOf(row.endedReason),
    unwanted: row.unwanted,
    costMicros: withCost ? row.costMicros : null,
    cost:
      !withCost || row.costMicros === null
        ? null
        : (Object.fromEntries(
            costComponents.map((component) => [component, row[columnOf(component)] ?? 0]),
          ) as NonNullable<CallView['cost']>),
    session: row.sessionId,
    timesSource: row.timesSource,
    costSource: row.costSource,
    dismissedAt: iso(row.dismissedAt),
    contentDeletedAt: iso(row.contentDeletedAt),
  };
}
