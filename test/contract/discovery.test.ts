import { discoveryContract } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { RelayTransport } from '../../src/transports/relay.ts';
import { broadcastRig } from './broadcast-rig.ts';
import { peersRig } from './peers-rig.ts';
import { memoryRig, signalingRig } from './rigs.ts';

describe.each([
  ['memory', () => Promise.resolve(memoryRig())],
  ['broadcast', () => Promise.resolve(broadcastRig())],
  ['signaling', () => signalingRig((relay) => new RelayTransport(relay))],
  ['peers', () => peersRig(['visitor-a', 'visitor-b', 'visitor-c'])],
])('a discovery (%s)', (_, rigOf) => {
  it.each(discoveryContract)('$title', { timeout: 30_000 }, async ({ run }) => {
    const rig = await rigOf();
    await expect(run(rig.discovery)).resolves.toBeUndefined();
    await rig.close();
  });
});
