import { electors } from './electors.ts';

/** What the page's address asks for. Everything has a default, so that the bare address works. */
export interface Address {
  readonly room: string;
  /** `tabs` under `?network=tabs`: the tabs of this browser alone, without a server. */
  readonly network: 'web' | 'tabs';
  /** The signaling server: `?server=ws://…`, else this page's own origin. */
  readonly serverUrl: string;
  /** False under `?rtc=off`: everything stays on the relay. */
  readonly rtc: boolean;
  /** `?elector=quorum`, `available`, …: how this room elects. Default: the network's own way. */
  readonly elector: string;
  readonly name: string | null;
  /** How many members to show in frames on one page, 2 to 9, or `null`. */
  readonly grid: number | null;
  /** The small view, as shown in a frame of the grid. */
  readonly compact: boolean;
  /** Whether the naive way is drawn beside from the start. */
  readonly naive: boolean;
}

export function readAddress(url: URL): Address {
  const query = url.searchParams;
  const grid = query.get('grid');
  const network = query.get('network') === 'tabs' ? 'tabs' : 'web';
  return {
    room: query.get('room') || 'meadow',
    network,
    serverUrl: query.get('server') || `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}/bellwether`,
    rtc: query.get('rtc') !== 'off',
    elector: query.get('elector') || electors[network][0].name,
    name: query.get('name'),
    grid: grid === null ? null : Math.min(9, Math.max(2, Math.round(Number(grid)) || 4)),
    compact: query.has('compact'),
    naive: query.has('naive'),
  };
}

/** The address that others open to come into the same room: on the LAN where the server is reachable there. */
export function shareLink(url: URL, lanAddress: string | null): string {
  const link = new URL(url);
  for (const own of ['name', 'grid', 'compact']) link.searchParams.delete(own);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(link.hostname);
  if (lanAddress && local) link.host = new URL(lanAddress).host;
  if (!link.searchParams.has('room')) link.searchParams.set('room', readAddress(url).room);
  return link.href;
}

/** The same page, by the other network. */
export function otherNetworkLink(url: URL): string {
  const link = new URL(url);
  for (const own of ['elector', 'server', 'rtc']) link.searchParams.delete(own);
  if (readAddress(url).network === 'tabs') link.searchParams.delete('network');
  else link.searchParams.set('network', 'tabs');
  return link.href;
}

/** The same page, among those who elect in this way. */
export function electorLink(url: URL, elector: string): string {
  const link = new URL(url);
  if (elector === electors[readAddress(url).network][0].name) link.searchParams.delete('elector');
  else link.searchParams.set('elector', elector);
  return link.href;
}

/** The address of one frame of the grid. */
export function frameAddress(url: URL, name: string): string {
  const frame = new URL(url);
  frame.searchParams.delete('grid');
  frame.searchParams.set('compact', '');
  frame.searchParams.set('name', name);
  return frame.href;
}
