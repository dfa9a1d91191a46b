// What runs in the pages: the same task for each, to say when this page leads.
import { createCluster } from 'bellwether';
import { tabs } from 'bellwether/tabs';
import { BroadcastChannel, createLeaderElection } from 'broadcast-channel';
import { Tab } from 'tab-election';

declare global {
  /** Joins; the page leads from `ledAt` on. */
  var contend: (contender: string, room: string) => void;
  /** Milliseconds since 1970, comparable between pages. */
  var startedAt: number;
  var ledAt: number | null;
}

const now = (): number => performance.timeOrigin + performance.now();
const lead = (): void => void (globalThis.ledAt ??= now());

const contenders: Readonly<Record<string, (room: string) => void>> = {
  bellwether: (room) => void createCluster({ room, network: tabs() }).whileLeader(lead),
  webLocks: (room) => void navigator.locks.request(room, () => (lead(), new Promise(() => {}))),
  tabElection: (room) => void new Tab(room).waitForLeadership(lead),
  broadcastChannel: (room) => void createLeaderElection(new BroadcastChannel(room)).awaitLeadership().then(lead),
};

globalThis.ledAt = null;
globalThis.contend = (contender, room) => {
  // Before any contender's own listener, so that what it does on the way out is measured as well.
  window.addEventListener('pagehide', () => localStorage.setItem('hidden-at', `${now()}`), { capture: true });
  globalThis.startedAt = now();
  contenders[contender]?.(room);
};
