import { describe, expect, it } from 'vitest';
import { isInstalled } from './install.js';

const locked = {
  '': { version: '0.1.0' },
  'node_modules/ws': { version: '8.23.0' },
  'node_modules/only-on-windows': { version: '1.0.0', optional: true },
};

describe('whether what the lock file says is installed', () => {
  it('is so when every package is there in its version, other platforms’ aside', () => {
    expect(isInstalled(locked, { 'node_modules/ws': { version: '8.23.0' } })).toBe(true);
  });

  it('is not so when a package is missing, or there in another version', () => {
    expect(isInstalled(locked, {})).toBe(false);
    expect(isInstalled(locked, { 'node_modules/ws': { version: '8.22.0' } })).toBe(false);
    expect(
      isInstalled(locked, {
        'node_modules/ws': { version: '8.23.0' },
        'node_modules/only-on-windows': { version: '0.9.0' },
      }),
    ).toBe(false);
  });

  it('is not so when nothing was ever installed, or an install was interrupted', () => {
    expect(isInstalled(locked, null)).toBe(false);
  });
});
