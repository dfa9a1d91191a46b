import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Thrown for a command line that makes no sense; the message is one line and says what it may be. */
export class FlagsError extends Error {
  override readonly name = 'FlagsError';
}

type Read<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>;

/**
 * What follows a command, for `util.parseArgs`. Throws `FlagsError`, which names the flags that stand in `usage`, one a
 * line, indented by two.
 */
export function readFlags<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  usage: string,
): Read<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [reason] = (error as Error).message.split(/[.\n]/); // Node goes on to explain at length
    throw new FlagsError(`${reason}; flags may be ${flagsOf(usage)}`);
  }
}

export function flagsOf(usage: string): string {
  return [...usage.matchAll(/^ {2}(--\S+(?: [A-Z]+)?)/gm)].map(([, flag]) => flag).join(', ');
}

export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new FlagsError(`${flag} may be a whole number from ${least} to ${Number.MAX_SAFE_INTEGER}, not "${text}"`);
  return value;
}

/** Whoever reads what is printed may have read enough, as `head` does: that is no error of ours. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
