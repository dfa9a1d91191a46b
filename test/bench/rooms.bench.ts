import type { BenchOptions, Figures } from './figures.ts';
import { inChromium } from './rooms/chromium.ts';
import { traffic } from './rooms/traffic.ts';

export const title =
  'Rooms under quorum(), with the witness: pages in two Chromium processes, signaling over loopback; traffic over simulated sockets, 10 ms one way, all on the relay';

export const defaultRuns = 10;

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  return { ...(await inChromium(runs, say)), ...(await traffic(say)) };
}
