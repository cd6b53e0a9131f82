/** Waits for a month's close that runs on the server, and says how far it is. */
import { setTimeout as pause } from 'node:timers/promises';
import { get, type Read, type Request, type Row } from './request.ts';

const lookMs = 1000;
/** The server may be restarted meanwhile; then it continues the close. */
const mostFailures = 120;

/**
 * @param begun the answer that it has begun
 * @param say shows a line to the person who waits
 * @returns the whole report
 * @throws Error when the server cannot be reached for two minutes
 */
export async function followClose(begun: Row, read: Read, say: (line: string) => void): Promise<Row> {
  const path = `/v1/billing/runs/${encodeURIComponent(String(begun.id))}`;
  let run = begun;
  let said = '';
  for (let failures = 0; run.state === 'running'; ) {
    const line = progressOf(run);
    if (line !== said) say(line);
    said = line;
    await pause(lookMs);
    try {
      run = await read(get(path));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === mostFailures) throw error;
    }
  }
  if (run.state === 'stopped') say(`Stopped: vapi-agent runs resume ${run.id} continues it.`);
  if (run.entriesLeftOut !== true) return run;
  const all: Request = { ...get(`${path}/clients?limit=1000`), list: 'clients' };
  const clients = (await read(all)).clients as { entries: Row[] }[];
  return { ...run, entries: clients.flatMap(({ entries }) => entries), entriesLeftOut: false };
}

function progressOf({ id, progress }: Row): string {
  const { pending = 0, underWay = 0, done = 0, forPerson = 0 } = progress as Record<string, number>;
  const tried = done + forPerson;
  const look = forPerson > 0 ? `, ${forPerson} for a person` : '';
  return `${id}: ${tried} of ${tried + pending + underWay} clients${look}`;
}
