/**
 * `node server/deploy/copy-database.ts sqlite:data/vapi-agent.db postgres://…`: from SQLite to an empty PostgreSQL.
 * Stop the server first.
 */
import { existsSync } from 'node:fs';
import { demandNode } from '../base/node-version.ts';

const [from = '', to = ''] = process.argv.slice(2);
const file = from.replace(/^sqlite:/, '');
if (!from.startsWith('sqlite:') || !/^postgres(ql)?:\/\//.test(to)) {
  process.stderr.write('Usage: copy-database sqlite:<existing file> postgres://…\n');
  process.exit(2);
}

try {
  demandNode();
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  const { copyStore } = await import('../store/copy.ts');
  const { openStore } = await import('../store/database.ts');
  const source = await openStore({ kind: 'sqlite', file });
  const target = await openStore({ kind: 'postgres', url: to });
  try {
    for (const { table, rows } of await copyStore(source, target)) {
      process.stdout.write(`${String(rows).padStart(10)}  ${table}\n`);
    }
  } finally {
    await source.destroy();
    await target.destroy();
  }
} catch (error) {
  process.stderr.write(`Nothing was copied: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
