import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chromiumArguments, findChromium } from './chromium.js';

describe('the Chromium named by CHROMIUM_PATH', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bellwether-chromium-'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const name = (script: string): string => {
    const path = join(folder, 'chromium');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('CHROMIUM_PATH', path);
    return path;
  };

  it('is taken before any other', async () => {
    const path = name('echo Chromium 1.0');
    expect(await findChromium()).toBe(path);
  });

  it('is refused by its name when it does not start, as one that misses its libraries', async () => {
    const path = name('exit 127');
    await expect(findChromium()).rejects.toThrow(`CHROMIUM_PATH is ${path}, which does not start`);
  });

  it('is refused by its name when it is not there', async () => {
    vi.stubEnv('CHROMIUM_PATH', join(folder, 'nowhere'));
    await expect(findChromium()).rejects.toThrow('nowhere');
  });

  it('has a sandbox, unless root starts it', () => {
    expect(chromiumArguments.includes('--no-sandbox')).toBe(process.getuid?.() === 0);
  });
});
