import { createCluster, type Cluster } from 'bellwether';
import { cuttable } from 'bellwether/testing';
import { tabs } from 'bellwether/tabs';
import { web } from 'bellwether/web';
import { type Address, electors } from './address.ts';
import type { Scissors } from './stage.ts';

declare global {
  interface Window {
    /** The cluster of this page, for the console and for tests from outside. Another one after a rejoin. */
    cluster: Cluster;
  }
}

export interface Session {
  readonly cluster: Cluster;
  readonly scissors: Scissors;
}

/** Joins the room that the address names. Throws where the address asks for what there is not. */
export function openSession(address: Address, name: string): Session {
  const elector = electors[address.network];
  if (address.elector !== elector) {
    throw new RangeError(
      `There is no elector "${address.elector}" here yet: leave ?elector= away, or say ?elector=${elector}.`,
    );
  }
  const medium = address.network === 'tabs' ? tabs() : web({ url: address.serverUrl, rtc: address.rtc });
  const { network, ...scissors } = cuttable(medium);
  const cluster = createCluster({ room: address.room, info: { name }, network });
  window.cluster = cluster;
  return { cluster, scissors };
}
