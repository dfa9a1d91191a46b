import { available, createCluster, quorum, type Cluster, type ClusterOptions } from 'bellwether';
import { cuttable } from 'bellwether/testing';
import { tabs } from 'bellwether/tabs';
import { web } from 'bellwether/web';
import type { Address } from './address.ts';
import { electors, roomOf } from './electors.ts';
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
  const elector = electorOf(address);
  const medium = address.network === 'tabs' ? tabs() : web({ url: address.serverUrl, rtc: address.rtc });
  const { network, ...scissors } = cuttable(medium);
  const cluster = createCluster({ room: roomOf(address), info: { name }, network, ...elector });
  window.cluster = cluster;
  return { cluster, scissors };
}

/** Each network elects in its own way unless told otherwise. */
function electorOf({ network, elector }: Address): Pick<ClusterOptions, 'elector'> {
  const names = electors[network].map(({ name }) => name);
  if (!names.includes(elector)) {
    const others = names.map((name) => `?elector=${name}`).join(' or ');
    throw new RangeError(`There is no elector "${elector}" here: leave ?elector= away, or say ${others}.`);
  }
  if (network === 'tabs') return {};
  return { elector: elector === 'quorum' ? quorum() : available() };
}
