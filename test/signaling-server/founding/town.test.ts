import { describe, expect, test } from 'vitest';
import { live } from './life.ts';

/** `SEEDS=500 npx vitest … town.test.ts` looks further. */
const seeds = Number(process.env['SEEDS'] ?? 6);

describe.each(['anchor', 'none'] as const)('E1 to E5, Q2, Q4, Q6, Q10: rooms with witness %s', (witness) => {
  test(
    'whoever dies, freezes, leaves or is cut off, and however the server is started again, one leads at most, and has everything',
    () => {
      let continued = 0;
      let committed = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        try {
          const town = live(seed, witness);
          if (town.leaders().length === 0) throw new Error('Q6: nobody leads, long after the last fault');
          continued += town.ledger.continued;
          committed += town.ledger.size;
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
        }
      }
      expect(continued, 'epochs that went on from the one before').toBeGreaterThan(0);
      expect(committed, 'entries').toBeGreaterThan(seeds);
    },
    120_000 + seeds * 5_000,
  );
});
