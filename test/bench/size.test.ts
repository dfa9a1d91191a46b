import { describe, expect, it } from 'vitest';
import { measureFirstLoad } from './size.bench.ts';

describe('the size of the first load', () => {
  it('holds the facade, and leaves simple-peer for later', async () => {
    const { first, later } = await measureFirstLoad();
    expect(first.gzip).toBeGreaterThan(5000);
    expect(first.brotli).toBeLessThan(first.gzip);
    expect(later.gzip).toBeGreaterThan(25_000);
  });
});
