#!/usr/bin/env node
import { createRequire } from 'node:module';
import { UsageError } from './flags.ts';
import { usage } from './help.ts';
import { serve } from './serve.ts';

/** Exit codes: 0 done, 1 could not, 2 the command line makes no sense. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'serve') return serve(args);
  if (command === '--version' || command === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  throw new UsageError(`"${command}" is no command: there are serve, --help and --version`);
}

/** The package names itself, so this reads the same from the sources and from `dist`. */
function version(): string {
  const manifest = createRequire(import.meta.url)('bellwether/package.json') as { readonly version: string };
  return manifest.version;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bellwether: ${error.message}\n`);
  process.exit(2);
}
