/** A copy of a SQLite store that is consistent although the server goes on writing. */
import { existsSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/**
 * @param file the store; it must exist
 * @param target a new file
 * @throws Error when the store is missing, the target exists, or the copy is damaged
 */
export async function backupSqlite(file: string, target: string): Promise<void> {
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  if (existsSync(target)) throw new Error(`${target} exists already.`);
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, target);
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(target);
  try {
    const [verdict] = copy.prepare('pragma integrity_check').all();
    if (verdict?.integrity_check !== 'ok')
      throw new Error(`The copy is damaged: ${verdict?.integrity_check}`);
    // One file then, that can be moved anywhere: without this a second one with the newest pages may lie beside it.
    copy.exec('pragma journal_mode = delete');
  } finally {
    copy.close();
  }
}
