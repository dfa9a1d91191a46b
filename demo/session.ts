import { createCluster, type Cluster } from 'bellwether';
import { cuttable } from 'bellwether/testing';
import { web } from 'bellwether/web';
import type { Address } from './address.ts';
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
  if (address.elector !== 'available') {
    throw new RangeError(
      `There is no elector "${address.elector}" yet: leave ?elector= away, or say ?elector=available.`,
    );
  }
  const { network, ...scissors } = cuttable(web({ url: address.serverUrl, rtc: address.rtc }));
  const cluster = createCluster({ room: address.room, info: { name }, network });
  window.cluster = cluster;
  return { cluster, scissors };
}
