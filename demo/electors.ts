import type { Address } from './address.ts';

interface Choice {
  readonly name: string;
  /** What it promises, in a line. */
  readonly promise: string;
}

/** Of each network: the ways of electing, the one that it takes by itself first. */
export const electors: Readonly<Record<Address['network'], readonly [Choice, ...Choice[]]>> = {
  web: [
    { name: 'quorum', promise: 'At most one leader at any instant.' },
    { name: 'available', promise: 'One leader for each group that can talk.' },
  ],
  tabs: [{ name: 'lock', promise: 'One leader: the tab that holds the lock.' }],
};

/** Those who elect in different ways cannot share a room: only the network's own way has the plain name. */
export function roomOf({ room, network, elector }: Pick<Address, 'room' | 'network' | 'elector'>): string {
  return elector === electors[network][0].name ? room : `${room}.${elector}`;
}

export function promiseOf({ network, elector }: Pick<Address, 'network' | 'elector'>): string {
  return electors[network].find(({ name }) => name === elector)?.promise ?? '';
}
