import { expect, test } from 'vitest';
import { Schedule } from './schedule.ts';

// Replay one: new Schedule(seed).run(4000).
test.each([0, 1, 2, 3])(
  'Q1–Q7, Q10, Q11 hold after every step of random lives with every fault there is (%i)',
  (part) => {
    let [delivered, leaderships, reads] = [0, 0, 0];
    for (let seed = 1 + part * 10; seed <= 10 + part * 10; seed++) {
      const schedule = new Schedule(seed);
      const at = (error: unknown): never => {
        throw new Error(`seed ${seed} at ${schedule.stage.nowMs} ms`, { cause: error });
      };
      try {
        schedule.run(4000);
        if (!schedule.recover(30_000)) throw new Error('Q6: no leader after faults had stopped');
        schedule.promises.checkEnd();
      } catch (error) {
        at(error);
      }
      delivered += schedule.promises.delivered;
      leaderships += schedule.promises.leaderships;
      reads += schedule.promises.reads;
    }
    expect(delivered).toBeGreaterThan(50);
    expect(leaderships).toBeGreaterThan(8);
    expect(reads).toBeGreaterThan(10);
  },
);
