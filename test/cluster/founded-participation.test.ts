import { virtualClock } from 'bellwether/testing';
import { expect, it } from 'vitest';
import { talkOver } from '../../src/cluster/talk.ts';
import type { View, WitnessLineEvents } from '../../src/discovery/discovery.ts';
import type { Election, ElectionEffect, ElectionEvent, Elector } from '../../src/electors/elector.ts';

const nobody = { joined: [], bye: [] };
const self = { id: 'self', info: null, host: 'host' };
const view: View = {
  era: 'era',
  n: 1,
  members: new Map([['self', self]]),
  founder: 'self',
  epoch: 7,
  continues: null,
  witness: 'witness',
};

const ignore = (): void => undefined;

/** A member whose election only listens, and says what it is told to. */
function taking({ isOnline = (): boolean => true } = {}) {
  const { platform } = virtualClock();
  const heard: ElectionEvent[] = [];
  const line: { events?: WitnessLineEvents } = {};
  const talk = talkOver([], {
    listen(events) {
      line.events = events;
      return ignore;
    },
    send: ignore,
  });
  const participation = new talk.Participation({
    room: 'room',
    talk,
    self,
    isVisible: true,
    members: new Map(),
    clocks: undefined,
    isQuorum: true,
    isOnline,
    platform: platform(),
    bad: { add: ignore, report: ignore, otherEpoch: 0 } as never,
    emit: ignore,
    onFound: ignore,
    onLeader: ignore,
    onOutranked: ignore,
    onSuperseded: ignore,
    onFailure: ignore,
    onChannel: ignore,
    stand: ignore,
  });
  const election = {
    feed: (event) => void heard.push(event),
    leader: () => null,
    leave: () => null,
  } as Partial<Election>;
  const said: { apply?: (effect: ElectionEffect) => void } = {};
  const start: Elector['start'] = ({ apply }) => {
    said.apply = apply;
    return election as Election;
  };
  const elect = (): void => participation.elect({ start } as Elector, 0, 1, undefined);
  return { participation, heard, line, elect, say: (effect: ElectionEffect) => said.apply?.(effect) };
}

it('an election that begins only now hears of contact first, then who is there, and then of the group', () => {
  const { participation, heard, elect } = taking();
  participation.view(view, nobody);
  participation.feed({ type: 'contact', askedAt: 5 });
  elect();
  expect(heard.map(({ type }) => type)).toEqual(['visible', 'contact', 'members', 'group']);
  expect(heard[1]).toEqual({ type: 'contact', askedAt: 5 });
  expect(heard[3]).toMatchObject({ group: { epoch: 7, founder: 'self', witness: 'witness' } });
});

it('the election hears the witness that the view names, and none that it does not', () => {
  const { participation, heard, line, elect } = taking();
  participation.view(view, nobody);
  elect();
  heard.length = 0;
  line.events?.onMessage('former', 1);
  line.events?.onMessage('witness', 2);
  expect(heard).toEqual([{ type: 'message', from: 'witness', message: 2 }]);
});

it('whoever has left waits for no founding any more', () => {
  const { participation } = taking();
  participation.view({ ...view, epoch: 0, foundsInMs: 500 }, nobody);
  expect(participation.foundsInMs).toBe(500);
  participation.leave();
  expect(participation.foundsInMs).toBe(null);
});

it('whoever the election has given no role learns, and is nobody’s vote', () => {
  const { participation, elect, say } = taking();
  const late = { id: 'late', info: null, host: 'host' };
  participation.view({ ...view, members: new Map([...view.members, ['late', late]]) }, { joined: ['late'], bye: [] });
  elect();
  say({ type: 'roles', roles: new Map([['self', 'voter']]) });
  expect([...participation.table.members].map(([id, { role }]) => [id, role])).toEqual([
    ['self', 'voter'],
    ['late', 'learner'],
  ]);
});

it('the witness is a member while it votes, and cannot be reached while the server cannot', () => {
  const network = { isOnline: true };
  const { participation, elect, say } = taking({ isOnline: () => network.isOnline });
  participation.view(view, nobody);
  elect();
  expect(participation.table.members.has('witness')).toBe(false);
  say({
    type: 'roles',
    roles: new Map([
      ['self', 'voter'],
      ['witness', 'witness'],
    ]),
  });
  expect(participation.table.members.get('witness')).toMatchObject({ path: 'relay', reachable: true, role: 'witness' });
  network.isOnline = false;
  participation.refresh();
  expect(participation.table.members.get('witness')).toMatchObject({ path: null, reachable: false });
});
