import { expect, test } from 'vitest';
import { ReferenceClient, RoomHarness } from './room-harness.ts';
import { seeded } from '../../src/platform/seeded.ts';

interface Person {
  readonly id: string;
  connection: number;
  secret: string;
  client: ReferenceClient | null;
}

/** Reads what arrived, in order, and remembers the newest secret. */
function catchUp(harness: RoomHarness, person: Person): void {
  for (const message of harness.read(`${person.id}@${person.connection}`)) {
    if (message.type === 'welcome') person.secret = message.resume;
    person.client?.take(message);
  }
}

/** Anything that can happen to a room, some of it on connections that are no more. */
function anything(harness: RoomHarness, people: readonly Person[], random: () => number): void {
  const person = people[Math.floor(random() * people.length)] as Person;
  const seat = `${person.id}@${person.connection}`;
  const roll = random();
  if (roll < 0.35) {
    const comesBack = random() < 0.6 && person.secret !== '';
    const connection = person.connection + 1;
    const info = random() < 0.5 ? null : `info ${random()}`;
    const answer = harness.join(person.id, { connection, info, ...(comesBack ? { resume: person.secret } : {}) });
    if (answer?.type !== 'welcome') return; // refused: the old connection, if any, goes on
    person.connection = connection;
    person.client = new ReferenceClient();
  } else if (roll < 0.5) harness.step({ type: 'leave', seat });
  else if (roll < 0.65) harness.step({ type: 'closed', seat, ending: random() < 0.5 ? 'lost' : 'going-away' });
  else if (roll < 0.75) harness.step({ type: 'info', seat, info: `info ${random()}` });
  else if (roll < 0.8) harness.step({ type: 'sync', seat });
  else if (roll < 0.85) harness.step({ type: 'closed', seat: `${person.id}@${Math.floor(random() * 3)}` });
  else harness.pass(random() < 0.9 ? random() * 40 : random() * 3000);
}

test('D2: under any churn each member sees every view without a gap, and holds exactly what the room holds', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const harness = new RoomHarness({ graceMs: 500, goingAwayMs: 40, limits: { maxMembersPerRoom: 8 } });
    const people = Array.from({ length: 10 }, (_, i): Person => ({
      id: `p${i}`,
      connection: 0,
      secret: '',
      client: null,
    }));
    const history = new Map<string, string>();
    for (let turn = 0; turn < 200; turn++) {
      anything(harness, people, random);
      for (const person of people) {
        if (!harness.room.holds(`${person.id}@${person.connection}`)) continue;
        const { client } = person;
        if (!client) throw new Error('a member without a client');
        const before = client.n;
        catchUp(harness, person);
        const where = `seed ${seed}, turn ${turn}, ${person.id}`;
        if (client.n < before) throw new Error(`${where}: went back from view ${before} to ${client.n}`);
        if (client.gaps > 0) throw new Error(`${where}: a view did not fit`);
        const view = JSON.stringify([...client.members].toSorted());
        const known = history.get(`${client.era} ${client.n}`) ?? view;
        if (known !== view) throw new Error(`${where}: view ${client.n} is ${view}, and was ${known}`);
        history.set(`${client.era} ${client.n}`, view);
      }
    }
    harness.pass(100); // nothing is held back any more
    for (const person of people) {
      const seat = `${person.id}@${person.connection}`;
      if (!harness.room.holds(seat)) continue;
      catchUp(harness, person);
      const fresh = new ReferenceClient();
      harness.step({ type: 'sync', seat });
      for (const message of harness.read(seat)) fresh.take(message);
      expect({ n: person.client?.n, members: person.client?.members }, `seed ${seed}`).toEqual({
        n: fresh.n,
        members: fresh.members,
      });
    }
  }
});
