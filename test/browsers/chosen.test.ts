import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { folderOfItsOwn } from '../folder.ts';
import { chromiumArguments, findChromium } from './chromium.js';
import { findFirefox } from './firefox.js';

const finders = [
  { variable: 'CHROMIUM_PATH', find: findChromium },
  { variable: 'FIREFOX_PATH', find: async () => findFirefox() },
];

describe.each(finders)('the browser named by $variable', ({ variable, find }) => {
  let folder: string;

  beforeEach(() => {
    folder = folderOfItsOwn();
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const name = (script: string): string => {
    const path = join(folder, 'browser');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv(variable, path);
    return path;
  };

  it('is taken before any other', async () => {
    const path = name('echo Browser 1.0');
    expect(await find()).toBe(path);
  });

  it('is refused by its name when it does not start, as one that misses its libraries', async () => {
    const path = name('exit 127');
    await expect(find()).rejects.toThrow(`${variable} is ${path}, which does not start`);
  });

  it('is refused by its name when it is not there', async () => {
    vi.stubEnv(variable, join(folder, 'nowhere'));
    await expect(find()).rejects.toThrow('nowhere');
  });
});

it('Chromium has a sandbox, unless root starts it', () => {
  expect(chromiumArguments.includes('--no-sandbox')).toBe(process.getuid?.() === 0);
});
