import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty one, which is deleted when the test that asks for it is over. */
export function folderOfItsOwn(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bellwether-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
