// What runs in the pages: the same task for each, to say when this page leads.
import { createCluster, type Network } from 'bellwether';
import { tabs } from 'bellwether/tabs';
import { BroadcastChannel, createLeaderElection } from 'broadcast-channel';
import { Tab } from 'tab-election';

declare global {
  /** Loads what loads late. */
  var prepare: () => void;
  /** Joins; the page leads from `ledAt` on. */
  var contend: (contender: string, room: string) => void;
  /** Milliseconds since 1970, comparable between pages. */
  var startedAt: number;
  var ledAt: number | null;
}

const now = (): number => performance.timeOrigin + performance.now();
const lead = (): void => void (globalThis.ledAt ??= now());

/** Loads its code, as the bundle does that of the others, before anything is measured. Null: not yet. */
let network: Network | null = null;

const contenders: Readonly<Record<string, (room: string) => void>> = {
  bellwether: (room) => void createCluster({ room, network: network ?? tabs() }).whileLeader(lead),
  webLocks: (room) => void navigator.locks.request(room, () => (lead(), new Promise(() => {}))),
  webLocksTerm: (room) => {
    const opened = openNumbers();
    void navigator.locks.request(room, async () => {
      await raised(await opened, room);
      lead();
      return new Promise(() => {});
    });
  },
  tabElection: (room) => void new Tab(room).waitForLeadership(lead),
  broadcastChannel: (room) => void createLeaderElection(new BroadcastChannel(room)).awaitLeadership().then(lead),
};

/** The least that a fencing token takes which outlives the closing of all tabs: a number in IndexedDB. */
function openNumbers(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('numbers', 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore('numbers'));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

function raised(db: IDBDatabase, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction('numbers', 'readwrite', { durability: 'relaxed' });
    const numbers = transaction.objectStore('numbers');
    const request = numbers.get(name);
    request.addEventListener('success', () => {
      numbers.put(Number(request.result ?? 0) + 1, name);
      transaction.commit();
    });
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
}

globalThis.prepare = () => void (network ??= tabs());
globalThis.ledAt = null;
globalThis.contend = (contender, room) => {
  // Before any contender's own listener, so that what it does on the way out is measured as well.
  window.addEventListener('pagehide', () => localStorage.setItem('hidden-at', `${now()}`), { capture: true });
  globalThis.startedAt = now();
  contenders[contender]?.(room);
};
