import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measureFirstLoad } from './size.bench.ts';

describe('the size of the first load', () => {
  it('holds the facade, and leaves simple-peer for later', async () => {
    const { first, later } = await measureFirstLoad();
    expect(first.gzip).toBeGreaterThan(5000);
    expect(first.brotli).toBeLessThan(first.gzip);
    expect(later.gzip).toBeGreaterThan(25_000);
  });

  it('is what the README says, whoever bundles it', async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, said] = /loads in \*\*(\d+) kB\*\*/.exec(readme) ?? [];
    const { first, byVite } = await measureFirstLoad();
    for (const { gzip } of [first, byVite]) expect(Math.round(gzip / 1000)).toBeLessThanOrEqual(Number(said));
  });
});
