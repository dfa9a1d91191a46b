import { expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';

const three = configurationOf({ a: 1, b: 1, c: 1 });

/** Three members with these limits, led by a; counts what of each type is sent from then on. */
function ledByA(limits: ConstructorParameters<typeof Stage>[0] & object): { stage: Stage; sent: Map<string, number> } {
  const sent = new Map<string, number>();
  const stage = new Stage({
    ...limits,
    onEffect: (_, effect) => {
      if (effect.type === 'send') sent.set(effect.message.type, (sent.get(effect.message.type) ?? 0) + 1);
    },
  });
  stage.found(three);
  stage.runUntil(() => stage.agreed(['a', 'b', 'c']) === 'a', 5_000);
  stage.run(500);
  sent.clear();
  return { stage, sent };
}

test('Q5: what the leader has no room for is not proposed again and again', () => {
  const { stage, sent } = ledByA({ limits: { maxUncommittedEntries: 2, maxBatchEntries: 1 } });
  const values = Array.from({ length: 400 }, (_, at) => `v${at}`);
  const before = stage.actor('a').core.commitIndex;
  stage.append('b', ...values);
  expect(stage.runUntil(() => stage.actor('b').core.commitIndex >= before + 401, 60_000)).toBe(true);
  expect(sent.get('propose')).toBeLessThan(8 * values.length);
});

test('Q6: who is cut off asks less and less often, but a few times in a lease', () => {
  const { stage, sent } = ledByA({});
  stage.isolate('c');
  stage.run(20_000);
  expect(stage.leading()).toEqual(['a']);
  const asked = sent.get('pre-vote') ?? 0;
  expect(asked / 2).toBeLessThan((20_000 / 250) * 3);
  expect(asked / 2).toBeGreaterThan(20_000 / 250 / 2);
  sent.clear();
  stage.healAll();
  stage.run(1_000);
  expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
  expect(sent.get('pre-vote') ?? 0).toBeLessThan(20);
});
