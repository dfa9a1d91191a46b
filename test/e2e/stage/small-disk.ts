import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** A file system with little room, which is full when it is: one cannot be told from a disk. */
export interface SmallDisk {
  /** From now on there is room. */
  grow(): void;
  end(): void;
}

/** In that folder, where this process may mount one (Linux, root); `null` elsewhere. */
export function smallDisk(folder: string): SmallDisk | null {
  const run = (command: string, ...args: string[]): void => void execFileSync(command, args, { stdio: 'pipe' });
  try {
    mkdirSync(folder);
    run('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder);
  } catch {
    return null;
  }
  return {
    grow: () => run('mount', '-o', 'remount,size=64m', folder),
    end: () => run('umount', folder),
  };
}
