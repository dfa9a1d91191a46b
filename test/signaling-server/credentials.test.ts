import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Credentials, Seals } from '../../signaling-server/credentials.ts';
import type { RoomRecord } from '../../signaling-server/record.ts';
import type { Standing } from '../../src/core/quorum/state.ts';
import type { Charter } from '../../src/protocol/charter.ts';
import { RoomHarness } from './room-harness.ts';

const charterMs = 60_000;
const charterOf = (witness: 'anchor' | 'none'): Charter => ({
  elector: 'quorum',
  quorum: { witness, maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5_000, charterMs },
});
const charter = charterOf('none');

function sealsOf(key: string): Seals {
  let secrets = 0;
  return new Seals(
    {
      secret: () => `secret-${++secrets}`,
      hash: (text) => createHash('sha256').update(text).digest('base64url'),
    },
    key,
  );
}

describe('a seal', () => {
  test('shows a secret to be of that member and of that room, whatever else is forgotten', () => {
    const secret = sealsOf('key').sealed('ada');
    expect(sealsOf('key').isSealed('ada', secret)).toBe(true);
    expect(sealsOf('another').isSealed('ada', secret)).toBe(false);
    expect(sealsOf('key').isSealed('bob', secret)).toBe(false);
    expect(sealsOf('key').isSealed('ada', `${secret}x`)).toBe(false);
    expect(sealsOf('key').isSealed('ada', `x${secret}`)).toBe(false);
    for (const nothing of ['', '.', 'secret-1', '.secret-1', 'secret-1.'])
      expect(sealsOf('key').isSealed('ada', nothing)).toBe(false);
  });

  test('fits, with its secret, into what a join may bring', () => {
    const secret = 'x'.repeat(22); // 128 bits
    const seals = new Seals({ secret: () => secret, hash: (text) => `${text}${'h'.repeat(64)}` }, 'key');
    expect(seals.sealed('ada').length).toBeLessThanOrEqual(64);
  });

  test('is not on the secret of one whose id may be of before: it is no proof in the next life either', () => {
    const seals = sealsOf('key');
    expect(seals.isSealed('ada', new Credentials('ada', seals, false).issue())).toBe(false);
    expect(seals.isSealed('ada', new Credentials('ada', seals, true).issue())).toBe(true);
  });

  test('opens the place of one that is not proven, and of nobody who is', () => {
    const seals = sealsOf('key');
    const [ofBefore, later] = [seals.sealed('ada'), seals.sealed('ada')];
    const ada = new Credentials('ada', seals, false);
    ada.issue();
    expect(ada.opens(seals.sealed('bob'))).toBe(false);
    expect(ada.opens(ofBefore)).toBe(true);
    ada.use(ofBefore);
    ada.issue();
    ada.spend();
    expect(ada.opens(ofBefore)).toBe(false);
    expect(ada.opens(later)).toBe(false);
  });
});

const epoch = 300_000_000;
const standing = (...ids: readonly string[]): Standing => ({
  lastIndex: 9,
  lastTerm: epoch * 2 ** 20 + 5,
  configuration: [ids.map((id) => ({ id, weight: 1, witness: false }))],
  promisedMs: 0,
});

/** A room of that epoch at a server that has just been started again, and remembers it. */
function again(record: RoomRecord, witness?: Standing): RoomHarness {
  const witnessOf = () => witness && { id: record.witness ?? '', epoch: record.epoch, standing: witness };
  return new RoomHarness({ past: { record, contactMs: 0 }, ...(witness && { witness: () => witnessOf() ?? null }) });
}

/** What a server remembers of a room that Ada and Bob are in, and the secrets that they have. */
function remembered(): { record: RoomRecord; secrets: Readonly<Record<'ada' | 'bob', string>> } {
  const first = new RoomHarness();
  const ada = first.join('ada', { charter });
  const bob = first.join('bob', { charter });
  return {
    record: { ...(first.found[0] as RoomRecord), epoch, founder: 'ada' },
    secrets: { ada: ada.resume ?? '', bob: bob.resume ?? '' },
  };
}

describe('who is out of the view, and may still lead somewhere', () => {
  const gone = (): { harness: RoomHarness; secret: string } => {
    const harness = new RoomHarness();
    harness.join('ada', { charter });
    const { resume = '' } = harness.join('bob', { charter });
    harness.step({ type: 'closed', seat: 'bob@1' });
    harness.pass(30_000);
    expect(harness.last('ada@1')).toMatchObject({ gone: ['bob'] });
    return { harness, secret: resume };
  };

  test('E6: nobody else comes under its id', () => {
    const { harness } = gone();
    expect(harness.join('bob', { charter, connection: 2 })).toMatchObject({ type: 'error', code: 'id-taken' });
    expect(harness.join('bob', { charter, connection: 3, resume: 'a guess' })).toMatchObject({ code: 'id-taken' });
  });

  test('comes back with its secret, which works once', () => {
    const { harness, secret } = gone();
    expect(harness.join('bob', { charter, connection: 2, resume: secret })).toMatchObject({ type: 'welcome' });
    harness.step({ type: 'closed', seat: 'bob@2' });
    harness.pass(30_000);
    expect(harness.join('bob', { charter, connection: 3, resume: secret })).toMatchObject({ code: 'id-taken' });
  });

  test('leaves its id to others once it cannot lead any more', () => {
    const { harness } = gone();
    harness.step({ type: 'closed', seat: 'ada@1' });
    harness.pass(2 * charterMs);
    expect(harness.join('bob', { charter, connection: 2 })).toMatchObject({ type: 'welcome' });
  });

  test('after a goodbye it never comes back, and nobody in its name', () => {
    const harness = new RoomHarness();
    harness.join('ada', { charter });
    const { resume = '' } = harness.join('bob', { charter });
    harness.step({ type: 'leave', seat: 'bob@1' });
    expect(harness.join('bob', { charter, connection: 2 })).toMatchObject({ code: 'id-taken' });
    expect(harness.join('bob', { charter, connection: 3, resume })).toMatchObject({ code: 'id-taken' });
  });
});

describe('a server that was started again', () => {
  test('E5: knows by their secrets who comes back, and puts out whoever has taken the place', () => {
    const { record, secrets } = remembered();
    const harness = again(record);
    expect(harness.join('ada', { charter, resume: secrets.bob, epoch })).toMatchObject({ type: 'welcome' });
    expect(harness.join('ada', { charter, connection: 2, resume: secrets.bob })).toMatchObject({ code: 'id-taken' });
    expect(harness.join('ada', { charter, connection: 3, resume: secrets.ada, epoch })).toMatchObject({
      type: 'welcome',
    });
    expect(harness.replaced).toEqual(['ada@1']);
    expect(harness.join('ada', { charter, connection: 4, resume: secrets.ada })).toMatchObject({ type: 'welcome' });
    expect(harness.join('ada', { charter, connection: 5, resume: secrets.ada })).toMatchObject({ code: 'id-taken' });
  });

  test('E5: asks nobody to pledge as long as those may lead whom it has not seen; then it goes on with what they have', () => {
    const { record } = remembered();
    const harness = again(record);
    for (const id of ['ada', 'bob']) harness.join(id, { charter, epoch });
    const say = (type: 'standing' | 'pledge'): void => {
      for (const id of ['ada', 'bob'])
        harness.step({ type, seat: `${id}@1`, said: { epoch, standing: standing('ada', 'bob') } });
    };
    const asked = (): unknown[] => harness.read('ada@1').filter(({ type }) => type === 'ask-pledge');
    for (; harness.nowMs + 3_000 < charterMs; harness.pass(3_000)) say('standing');
    expect(asked()).toEqual([]);
    harness.pass(3_000);
    say('standing');
    expect(asked()).not.toEqual([]);
    say('pledge');
    expect(harness.found).toMatchObject([{ continues: { epoch } }]);
  });

  test('E6: what others said under an id does not bind the member whose it is', () => {
    const { record, secrets } = remembered();
    const harness = again(record);
    harness.join('ada', { charter, epoch });
    harness.join('bob', { charter, resume: secrets.bob, epoch });
    harness.pass(charterMs);
    const said = { epoch, standing: standing('ada', 'bob', 'cyd', 'dan', 'eve') };
    for (const id of ['ada', 'bob']) harness.step({ type: 'standing', seat: `${id}@1`, said });
    harness.step({ type: 'pledge', seat: 'ada@1', said });
    harness.join('ada', { charter, connection: 2, resume: secrets.ada, epoch });
    harness.step({ type: 'pledge', seat: 'bob@1', said });
    expect(harness.found).toEqual([]);
    harness.step({ type: 'standing', seat: 'ada@2', said });
    harness.step({ type: 'pledge', seat: 'ada@2', said });
    expect(harness.found).toHaveLength(1);
  });

  test('E5: its own witness weighs what it weighs at once: alone it is half of a room of one', () => {
    const { record } = remembered();
    const witness = {
      ...standing('ada'),
      configuration: [
        [
          { id: 'ada', weight: 1, witness: false },
          { id: 'w', weight: 1, witness: true },
        ],
      ],
    };
    const harness = again({ ...record, charter: charterOf('anchor'), witness: 'w' }, witness);
    const said = { epoch, standing: { ...standing(), configuration: [], lastIndex: 0, lastTerm: 0 } };
    harness.join('eve', { charter: charterOf('anchor') });
    harness.step({ type: 'standing', seat: 'eve@1', said });
    expect(harness.last('eve@1')).toMatchObject({ type: 'ask-pledge' });
    harness.step({ type: 'pledge', seat: 'eve@1', said });
    expect(harness.found).toMatchObject([{ founder: 'eve', continues: { epoch, lastIndex: 9 } }]);
  });
});
