/** `node server/deploy/backup-database.ts data/vapi-agent.db backup.db`: copies a SQLite store, even a running one. */
import { demandNode } from '../base/node-version.ts';

const [file, target] = process.argv.slice(2);
if (!file || !target || file.startsWith('-')) {
  process.stderr.write('Usage: backup-database <store> <new file>\n');
  process.exit(2);
}
try {
  demandNode();
  const { backupSqlite } = await import('../store/backup.ts');
  await backupSqlite(file.replace(/^sqlite:/, ''), target);
} catch (error) {
  process.stderr.write(`No backup was made: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
