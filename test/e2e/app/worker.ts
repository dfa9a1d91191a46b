import { createCluster } from 'bellwether';
import { tabs } from 'bellwether/tabs';

/** What a member in a worker says of itself. */
export interface WorkerReport {
  readonly id: string;
  readonly isLeader: boolean;
  readonly leader: string | undefined;
}

// In the room that the worker is named after. Whoever says anything to it is told how it stands.
const cluster = createCluster({ room: self.name, network: tabs() });
const answer = (port: Pick<MessagePort, 'postMessage'>): void => {
  const { id, isLeader, leader } = cluster;
  port.postMessage({ id, isLeader, leader: leader?.id } satisfies WorkerReport);
};
globalThis.addEventListener('message', () => answer(globalThis as unknown as MessagePort));
globalThis.addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) {
    port.addEventListener('message', () => answer(port));
    port.start();
  }
});
