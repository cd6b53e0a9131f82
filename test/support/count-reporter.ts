/** A node:test reporter that writes only the counts and each file's time, for `test/run.ts` to add up. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const msByFile: Record<string, number> = {};
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { file, name, nesting, details } = event.data;
    if (file && nesting === 0) {
      // Files that share a process are suites by their names (`share-processes.ts`).
      const named = name.endsWith('.test.ts') ? name : relative(process.cwd(), file);
      msByFile[named] = (msByFile[named] ?? 0) + details.duration_ms;
    }
    // A suite is not a test, and a file with tests is a suite too.
    if (details.type === 'suite') continue;
    if (event.type === 'test:pass') passed += 1;
    else failed += 1;
  }
  yield JSON.stringify({ passed, failed, msByFile });
}
