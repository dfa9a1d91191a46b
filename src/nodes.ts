/**
 * `bellwether/nodes`: processes that know each other's addresses, with no server between them.
 *
 *     import { createCluster } from 'bellwether';
 *     import { nodes } from 'bellwether/nodes';
 *
 *     const cluster = createCluster({
 *       room: 'billing',
 *       network: nodes({
 *         id: 'a',
 *         listen: { port: 7001 },
 *         peers: { a: 'ws://127.0.0.1:7001', b: 'ws://127.0.0.1:7002', c: 'ws://127.0.0.1:7003' },
 *         dataDir: './data-a',
 *       }),
 *     });
 */
import type { Network } from './cluster/network.ts';
import { checkPlainRoom } from './cluster/options.ts';
import { OwnStorage } from './cluster/own-storage.ts';
import { talkOver } from './cluster/talk.ts';
import { PeersDiscovery } from './discovery/peers.ts';
import { quorum } from './electors/quorum.ts';
import { Lives } from './peering/lives.ts';
import { Peering } from './peering/peering.ts';
import { levelStorage } from './platform/node/level-storage.ts';
import { nodeSockets } from './platform/node/sockets.ts';
import type { Platform } from './platform/platform.ts';
import type { Storage, StoragePlace } from './platform/storage.ts';
import { ClusterError } from './protocol/errors.ts';
import { isPeerId, type PeerId } from './protocol/ids.ts';
import { checkOptions, type OptionRule } from './protocol/options.ts';
import { maxPeers } from './protocol/peer-message.ts';
import { PeerSocketsTransport } from './transports/peer-sockets.ts';

export interface NodesOptions {
  /** This member's name, the same at every start: 1 to 64 of `[A-Za-z0-9_.:-]`. */
  readonly id: PeerId;
  /**
   * Where the others reach this one. `host` is by default 127.0.0.1, which nobody outside of this machine reaches. The
   * peers trust whoever reaches them there: keep the port to their own network.
   */
  readonly listen: { readonly port: number; readonly host?: string };
  /**
   * Where each member is reached, a `ws:` or `wss:` URL by id, this one included: all members can be given the same list.
   * They must have the same ids, and keep them.
   */
  readonly peers: Readonly<Record<PeerId, string>>;
  /** A folder of this member's own, made when it is missing. It holds what the member must not forget: keep it. */
  readonly dataDir: string;
}

type Listen = NodesOptions['listen'];

const rules: { readonly [Name in keyof NodesOptions]-?: OptionRule } = {
  id: { mayBe: '1 to 64 of the characters A-Z a-z 0-9 _ . : -', type: 'string', test: isPeerId },
  listen: { mayBe: 'an address, such as { port: 7001 }', type: 'object' },
  peers: { mayBe: 'WebSocket URLs by id, such as { a: "ws://10.0.0.1:7001" }', type: 'object', test: arePeers },
  dataDir: { mayBe: 'the path of a folder', type: 'string', test: (value) => value !== '' },
};

const listenRules: { readonly [Name in keyof Listen]-?: OptionRule } = {
  port: { mayBe: 'a whole number from 0 to 65535', type: 'number', test: isPort },
  host: { mayBe: 'a name or an address of this machine', type: 'string', test: (value) => value !== '' },
};

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536;
}

function arePeers(value: unknown): boolean {
  const peers = Object.entries(value as NodesOptions['peers']);
  return peers.length <= maxPeers && peers.every(([id, url]) => isPeerId(id) && isSocketUrl(url));
}

function isSocketUrl(value: unknown): boolean {
  try {
    return /^wss?:$/.test(new URL(String(value)).protocol);
  } catch {
    return false;
  }
}

/**
 * Node processes that vote on their leader among themselves. Each keeps its id, and what it promised under it, in its
 * `dataDir`, which it holds alone. It needs the package `classic-level`.
 *
 * A member whose `dataDir` was lost has forgotten its votes: the others refuse it under its old id.
 *
 * @throws TypeError or RangeError for wrong options, naming the option and what it may be.
 */
export function nodes(options: NodesOptions): Network {
  checkOptions('nodes', options, rules, ['id', 'listen', 'peers', 'dataDir']);
  const { id, listen, peers, dataDir } = options;
  const { port, host = '127.0.0.1' } = listen;
  checkOptions('nodes: the option "listen"', listen, listenRules, ['port']);
  if (!Object.hasOwn(peers, id))
    throw new RangeError(
      `nodes: the option "peers" must name all members, this one too; "${id}" is not among ${Object.keys(peers).join(', ')}`,
    );
  const urls = new Map(Object.entries(peers).filter(([peer]) => peer !== id));
  const voters = [id, ...urls.keys()].toSorted();
  return {
    name: 'nodes',
    id,
    elector: quorum({ voters }),
    electors: ['quorum', 'available'],
    open({ room, self, platform }) {
      checkPlainRoom('nodes()', room);
      const storage = new NodeStorage(levelStorage(dataDir), { room, voters, platform });
      const peering = new Peering({
        self,
        room,
        urls,
        listen: { port, host },
        sockets: nodeSockets,
        platform,
        lives: () => storage.lives,
      });
      return {
        storage: new OwnStorage(storage, self),
        discovery: new PeersDiscovery(peering, voters, platform),
        talk: talkOver([new PeerSocketsTransport(peering)]),
      };
    },
  };
}

interface Founding {
  readonly room: string;
  readonly voters: readonly PeerId[];
  readonly platform: Pick<Platform, 'randomBytes'>;
}

const votersRecord = 'voters';

/** The storage of one member of one room, whose voters are always the same. */
class NodeStorage implements StoragePlace {
  readonly #place: StoragePlace;
  readonly #founding: Founding;
  #lives: Lives | undefined;

  constructor(place: StoragePlace, founding: Founding) {
    this.#place = place;
    this.#founding = founding;
  }

  get lives(): Lives {
    if (!this.#lives) throw new TypeError('the storage is opened before anybody is met');
    return this.#lives;
  }

  async open(owner: string): Promise<Storage> {
    const { room, platform } = this.#founding;
    const storage = await this.#place.open(`${owner} of the room ${room}`);
    try {
      await this.#checkVoters(storage);
      this.#lives = await Lives.open(storage, platform.randomBytes);
      return storage;
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** Other voters than before could elect a second leader beside that of the first ones. */
  async #checkVoters(storage: Storage): Promise<void> {
    const { voters } = this.#founding;
    const before = (await storage.load()).records.get(votersRecord) as readonly PeerId[] | undefined;
    if (!before) return storage.write({ records: { [votersRecord]: voters } });
    if (before.join() === voters.join()) return;
    const message = `the peers were ${before.join(', ')} before, and are ${voters.join(', ')} now: give the same ones`;
    throw new ClusterError('storage-failed', message);
  }
}
