import { expect, test } from 'vitest';
import { Life } from './comings-and-goings.ts';

// Replay one: new Life(seed).run(6000).
test.each([0, 1, 2, 3])(
  'Q1–Q7, Q10, Q11 hold after every step in groups whose members come, go, freeze and come back (%i)',
  (part) => {
    let [configurations, delivered] = [0, 0];
    for (let seed = 1 + part * 10; seed <= 10 + part * 10; seed++) {
      const life = new Life(seed);
      try {
        life.run(6000);
        if (!life.recover(30_000)) throw new Error('Q6: not all who are there are members of one group with a leader');
        life.promises.checkEnd();
      } catch (error) {
        throw new Error(`seed ${seed} at ${life.stage.nowMs} ms`, { cause: error });
      }
      configurations += life.configurations.size;
      delivered += life.promises.delivered;
    }
    expect(configurations).toBeGreaterThan(25);
    expect(delivered).toBeGreaterThan(50);
  },
);
