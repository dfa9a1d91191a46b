import { quorum } from 'bellwether';
import { virtualClock } from 'bellwether/testing';
import { web, type WebOptions } from 'bellwether/web';
import { expect, it } from 'vitest';
import type { Lazy } from '../../src/cluster/lazy.ts';
import type { Talk } from '../../src/cluster/talk.ts';
import type { SocketConstructor } from '../../src/platform/platform.ts';
import { BrowserOrigin } from '../transports/browser-origin.ts';

/** By which ways its members talk, best first. */
async function kindsOf(options: Omit<WebOptions, 'url'>, { hasChannels = true } = {}): Promise<readonly string[]> {
  const platform = virtualClock().platform();
  const broadcast = hasChannels ? new BrowserOrigin().broadcast(platform.timers) : undefined;
  const WebSocket = EventTarget as unknown as SocketConstructor; // none is opened
  const network = web({ url: 'ws://127.0.0.1:1', WebSocket, ...options });
  const { charter } = quorum();
  const { talk } = network.open({ room: 'room', self: 'a', platform: { ...platform, broadcast }, charter });
  const { transports } = await (talk as Lazy<Talk>).load();
  return transports.map(({ kind, only }) => `${kind} to ${only ?? 'all'}`);
}

it('web() talks within a browser over the broadcast path, to some over data channels, and to the rest over the relay', async () => {
  expect(await kindsOf({})).toEqual(['broadcast to near', 'webrtc to wanted', 'relay to all']);
  expect(await kindsOf({ rtc: false })).toEqual(['broadcast to near', 'relay to all']);
  expect(await kindsOf({}, { hasChannels: false })).toEqual(['webrtc to wanted', 'relay to all']);
});
