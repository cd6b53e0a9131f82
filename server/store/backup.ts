/** A consistent copy of a SQLite store while the server keeps writing. */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

/**
 * @param file the store; it must exist
 * @param target a new file, readable only by its owner: it contains visitors' conversations and sealed keys
 * @throws Error when the store or the target's folder is missing, the target exists, or the copy is damaged
 */
export async function backupSqlite(file: string, target: string): Promise<void> {
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  if (existsSync(target)) throw new Error(`${target} exists already.`);
  if (!existsSync(dirname(target))) throw new Error(`There is no folder ${dirname(target)}.`);
  closeSync(openSync(target, 'wx', 0o600));
  try {
    await copy(file, target);
  } catch (error) {
    // A partial backup must not be mistaken for a complete one.
    rmSync(target, { force: true });
    throw error;
  }
}

async function copy(file: string, target: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, target);
  } finally {
    source.close();
  }
  const made = new DatabaseSync(target);
  try {
    const [verdict] = made.prepare('pragma integrity_check').all();
    if (verdict?.integrity_check !== 'ok')
      throw new Error(`The copy is damaged: ${verdict?.integrity_check}`);
    // One file that can be moved anywhere: without this, a second one with the newest pages may lie beside it.
    made.exec('pragma journal_mode = delete');
  } finally {
    made.close();
  }
}
