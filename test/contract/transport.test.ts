import wrtc from '@roamhq/wrtc';
import { transportContract } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { platform } from '#platform';
import { Backoff } from '../../src/signaling/backoff.ts';
import { RelayTransport } from '../../src/transports/relay.ts';
import { WebRtcTransport } from '../../src/transports/webrtc.ts';
import { broadcastRig } from './broadcast-rig.ts';
import { peersRig } from './peers-rig.ts';
import { memoryRig, signalingRig } from './rigs.ts';

describe.each([
  ['memory', () => Promise.resolve(memoryRig())],
  ['broadcast', () => Promise.resolve(broadcastRig())],
  ['relay', () => signalingRig((relay) => new RelayTransport(relay))],
  ['websocket', () => peersRig(['station-a', 'station-b'])],
  ['webrtc', () => signalingRig((relay) => new WebRtcTransport({ relay, Backoff, platform, wrtc }))],
])('a transport (%s)', (_, rigOf) => {
  it.each(transportContract)('$title', { timeout: 30_000 }, async ({ run }) => {
    const rig = await rigOf();
    await expect(run(rig)).resolves.toBeUndefined();
    await rig.close();
  });
});
