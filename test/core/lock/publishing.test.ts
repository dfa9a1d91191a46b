import { expect, test } from 'vitest';
import { Member } from '../../../src/core/lock/member.ts';
import { Publishing } from '../../../src/core/lock/publishing.ts';

test('a published value that comes late changes nothing: neither an older one nor the same once more', () => {
  const member = new Member({ id: 'a', chance: 0, priority: 0, minMembers: 1, preferVisible: true, maxTerm: 1 });
  const publishing = new Publishing(member);
  const editions = [
    [2, 1, true],
    [2, 1, false],
    [1, 9, false],
    [2, 2, true],
    [3, 1, true],
    [2, 3, false],
  ] as const;
  for (const [term, version, isNews] of editions)
    expect(publishing.take({ type: 'value', edition: { term, version }, value: `${term}.${version}` })).toBe(isNews);
  expect(member.value).toBe('3.1');
});
