/** `vapi-agent doctor`: a row for each check, what to do about it, and a test call only after a yes. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { microsToDecimal } from '../base/money.ts';
import type { DoctorAnswer, DoctorOutcome, DoctorRow } from '../contract.ts';
import { type Flags, Misuse, post, type Request, type Row, tenantPath } from './request.ts';

type Ask = (request: Request) => Promise<Row>;

/** It sends more than one request, so it is not a `Request`. */
export const doctorCommand = {
  usage: 'doctor [<tenant>] [--test-call] [--record <file>]',
  about: 'checks the server, and a tenant’s connection to Vapi; says what to do',
  talk: doctor,
};

const signs: Record<DoctorOutcome, string> = { pass: 'ok', warn: 'warn', fail: 'FAIL', skipped: '-' };

/**
 * The server's rows and, if a client is named, that client's.
 * @returns the exit code: 1 when a row failed
 * @throws Error with a sentence for a person
 */
async function doctor([tenant]: string[], flags: Flags, ask: Ask): Promise<number> {
  if (!tenant && (flags['test-call'] || flags.record !== undefined))
    throw new Misuse('A test call and a record need a tenant: vapi-agent doctor <tenant> …');
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const check = async (path: string, body?: object) =>
    (await ask(post(path, body))) as unknown as DoctorAnswer;
  const server = await check('/v1/doctor');
  let rows = server.rows;
  if (tenant) {
    const path = tenantPath(tenant, 'doctor');
    const record = flags.record !== undefined;
    let own = await check(path, { record });
    if (flags['test-call'] && (await mayCall(own, say))) own = await check(path, { testCall: true, record });
    if (flags.record !== undefined) {
      writeFileSync(flags.record, `${JSON.stringify(own.capture, null, 2)}\n`);
      say(`${flags.record} has what Vapi did, without keys and texts. Read it before you share it.`);
    }
    // Both have the clock.
    rows = [...rows.filter(({ id }) => !own.rows.some((row) => row.id === id)), ...own.rows];
  }
  const failed = rows.filter(({ outcome }) => outcome === 'fail').length;
  process.stdout.write(flags.json ? `${JSON.stringify({ rows, failed }, null, 2)}\n` : shown(rows));
  if (failed > 0) say(`${failed} of ${rows.length} failed.`);
  return failed > 0 ? 1 : 0;
}

/** Shows the cost before it arises. The answer may be piped in; no answer is a no. */
async function mayCall({ failed, testCall }: DoctorAnswer, say: (text: string) => void): Promise<boolean> {
  if (!testCall) return false;
  if (failed > 0) {
    say('No test call was made, because a row failed.');
    return false;
  }
  const { seconds, mostMicros } = testCall;
  process.stderr.write(
    `The test call is ended after ${seconds} s and may cost up to ${microsToDecimal(mostMicros, 'usd')} USD. Make it? [y/N] `,
  );
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}

function shown(rows: DoctorRow[]): string {
  const width = Math.max(...rows.map(({ title }) => title.length));
  const plain = (text: string) => text.replaceAll(/\p{Cc}/gu, ' ');
  return rows
    .map(({ outcome, title, detail, fix }) => {
      const line = `${signs[outcome].padEnd(4)}  ${title.padEnd(width)}  ${plain(detail)}\n`;
      return fix ? `${line}${' '.repeat(width + 8)}-> ${plain(fix)}\n` : line;
    })
    .join('');
}
