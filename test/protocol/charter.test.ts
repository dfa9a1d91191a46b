import { expect, test } from 'vitest';
import { type Charter, charterDifference } from '../../src/protocol/charter.ts';

const quorum = { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5000, charterMs: 120_000 } as const;
const room: Charter = { elector: 'quorum', quorum };

test.each<[Charter]>([[room], [{ elector: 'quorum' }], [{ elector: 'available' }]])(
  '%j differs in nothing from itself',
  (charter) => {
    expect(charterDifference(charter, structuredClone(charter))).toBeNull();
  },
);

test.each<[Charter, Charter, string]>([
  [room, { elector: 'available' }, 'elector is available here, and quorum in the room'],
  [room, { elector: 'quorum' }, 'voters is named here, and come and go in the room'],
  [{ elector: 'quorum' }, room, 'voters is come and go here, and named in the room'],
  [room, { elector: 'quorum', quorum: { ...quorum, witness: 'none' } }, 'witness is none here, and anchor in the room'],
  [room, { elector: 'quorum', quorum: { ...quorum, maxVoters: 3 } }, 'maxVoters is 3 here, and 5 in the room'],
  [room, { elector: 'quorum', quorum: { ...quorum, minLeaseMs: 1 } }, 'minLeaseMs is 1 here, and 250 in the room'],
  [room, { elector: 'quorum', quorum: { ...quorum, maxLeaseMs: 9 } }, 'maxLeaseMs is 9 here, and 5000 in the room'],
  [room, { elector: 'quorum', quorum: { ...quorum, charterMs: 7 } }, 'charterMs is 7 here, and 120000 in the room'],
])('the first option that differs is named with both values (%#)', (agreed, other, words) => {
  expect(charterDifference(agreed, other)).toBe(words);
});
