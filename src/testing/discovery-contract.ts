import type { DiscoveredMember, Discovery, DiscoveryEvents, View, ViewChange } from '../discovery/discovery.ts';
import type { PeerId } from '../protocol/ids.ts';
import { check, checkSame, type ContractCase } from './contract.ts';

/** What a test of a discovery is given, fresh for every case. */
export interface DiscoveryRig {
  /** Makes and starts the discovery of one more member; all of a rig are in one room. */
  join(self: DiscoveredMember, events: DiscoveryEvents): Promise<Discovery>;
  /** Lets time pass until the condition holds; rejects when it does not come about. */
  until(condition: () => boolean): Promise<void>;
  /** Lets time pass for everything that is under way to arrive. */
  settle(): Promise<void>;
  /** Nobody founds anything there, and no founder is named. Default false: the first to come is. */
  readonly foundsNothing?: boolean;
}

/** One member of a rig, and what its discovery has told it. */
class Visitor {
  readonly id: PeerId;
  readonly views: View[] = [];
  readonly changes: ViewChange[] = [];
  readonly hints: PeerId[] = [];
  readonly statuses: string[] = [];
  #discovery: Discovery | undefined;

  constructor(id: PeerId) {
    this.id = id;
  }

  get discovery(): Discovery {
    check(this.#discovery !== undefined, 'the rig has started no discovery');
    return this.#discovery;
  }

  get view(): View | undefined {
    return this.views.at(-1);
  }

  async join(rig: DiscoveryRig): Promise<this> {
    const self = { id: this.id, info: { name: this.id }, host: `host of ${this.id}` };
    this.#discovery = await rig.join(self, {
      onView: (view, change) => {
        this.views.push(view);
        this.changes.push(change);
      },
      onHint: (id) => this.hints.push(id),
      onStatus: (status) => this.statuses.push(status),
      onError: () => {},
    });
    return this;
  }

  sees(...ids: readonly PeerId[]): boolean {
    const seen = [...(this.view?.members.keys() ?? [])];
    return seen.length === ids.length && ids.every((id) => seen.includes(id));
  }
}

async function pair(rig: DiscoveryRig): Promise<readonly [Visitor, Visitor]> {
  const a = await new Visitor('visitor-a').join(rig);
  await rig.until(() => a.sees(a.id));
  const b = await new Visitor('visitor-b').join(rig);
  await rig.until(() => a.sees(a.id, b.id) && b.sees(a.id, b.id));
  return [a, b];
}

/** The promises of `Discovery`, each with its proof: run all of them on every implementation. */
export const discoveryContract: readonly ContractCase<DiscoveryRig>[] = [
  {
    title: 'shows every member to every other one, with its info and host',
    async run(rig) {
      const [a, b] = await pair(rig);
      checkSame(a.statuses.at(-1), 'online', 'the status');
      for (const visitor of [a, b]) {
        for (const id of [a.id, b.id]) {
          const { info, host } = visitor.view?.members.get(id) ?? {};
          checkSame({ info, host }, { info: { name: id }, host: `host of ${id}` }, `what ${visitor.id} knows of ${id}`);
        }
      }
    },
  },
  {
    title: 'names one epoch to all, and one founder: the first to come, or nobody where nothing is founded',
    async run(rig) {
      const [a, b] = await pair(rig);
      const founder = rig.foundsNothing ? null : a.id;
      checkSame([a.view?.founder, b.view?.founder], [founder, founder], 'the founder');
      checkSame(b.view?.epoch, a.view?.epoch, 'the epoch');
    },
  },
  {
    title: 'numbers its views upward within an era, the same for all (D2)',
    async run(rig) {
      const [a, b] = await pair(rig);
      const c = await new Visitor('visitor-c').join(rig);
      await rig.until(() => [a, b, c].every((visitor) => visitor.sees(a.id, b.id, c.id)));
      c.discovery.leave();
      await rig.until(() => a.sees(a.id, b.id) && b.sees(a.id, b.id));
      const named = new Map<string, string>();
      for (const { views } of [a, b, c]) {
        for (const [at, { era, n, members }] of views.entries()) {
          const before = views[at - 1];
          check(before === undefined || before.era !== era || before.n < n, `view ${n} came after ${before?.n}`);
          const ids = [...members.keys()].toSorted().join(' ');
          const same = named.get(`${era} ${n}`) ?? ids;
          checkSame(ids, same, `the members of view ${n}`);
          named.set(`${era} ${n}`, ids);
        }
      }
    },
  },
  {
    title: 'says who joined, and who left with a goodbye, at once',
    async run(rig) {
      const [a, b] = await pair(rig);
      checkSame(a.changes.at(-1)?.joined, [b.id], 'who joined');
      b.discovery.leave();
      await rig.until(() => a.sees(a.id));
      checkSame(a.changes.at(-1)?.bye, [b.id], 'who left');
    },
  },
  {
    title: 'carries new info to the others, as no news of who is there',
    async run(rig) {
      const [a, b] = await pair(rig);
      b.discovery.setInfo('changed');
      await rig.until(() => a.view?.members.get(b.id)?.info === 'changed');
      checkSame(a.changes.at(-1), { joined: [], bye: [] }, 'the change');
    },
  },
  {
    title: 'carries to the others what the info became while the member was on its way in',
    async run(rig) {
      const a = await new Visitor('visitor-a').join(rig);
      const b = await new Visitor('visitor-b').join(rig);
      const both = [a, b] as const;
      let changes = 0;
      await rig.until(() => {
        if (both.every((visitor) => visitor.sees(a.id, b.id))) return true;
        changes += 1;
        for (const { discovery } of both) discovery.setInfo(changes);
        return false;
      });
      await rig.until(() => both.every(({ view }) => both.every(({ id }) => view?.members.get(id)?.info === changes)));
    },
  },
  {
    title: 'takes a member that vanished for a hint, and not for a departure (D1)',
    async run(rig) {
      const [a, b] = await pair(rig);
      b.discovery.abandon();
      await rig.until(() => a.hints.length > 0);
      checkSame(a.hints, [b.id], 'the hints');
      check(a.sees(a.id, b.id), 'the view has lost a member that said no goodbye');
    },
  },
  {
    title: 'tells nothing after leave',
    async run(rig) {
      const [a, b] = await pair(rig);
      a.discovery.leave();
      const told = a.views.length + a.statuses.length;
      await rig.until(() => b.sees(b.id));
      await rig.settle();
      checkSame(a.views.length + a.statuses.length, told, 'events');
    },
  },
];
