import { describe, expect, it } from 'vitest';
import { measureFirstLoad } from './size.bench.ts';

describe('the size of the first load', () => {
  it('holds the facade, and leaves simple-peer for later', async () => {
    const { first, later } = await measureFirstLoad('web');
    expect(first.gzip).toBeGreaterThan(5000);
    expect(first.brotli).toBeLessThan(first.gzip);
    expect(later.gzip).toBeGreaterThan(25_000);
  });

  it('holds for tabs() neither what elects nor what members say', async () => {
    const { first, later, seldom, parts } = await measureFirstLoad('tabs');
    expect(first.gzip).toBeLessThan(9_050); // 9.0 kB
    expect(later.gzip).toBeGreaterThan(10_000);
    expect(seldom.gzip).toBeGreaterThan(5_000);
    for (const part of ['core/lock', 'links', 'discovery']) {
      expect(parts.first.has(part)).toBe(false);
      expect(parts.later.has(part)).toBe(true);
    }
  });
});
