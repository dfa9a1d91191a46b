import { expect, test } from 'vitest';
import { decodeRelayFrame, encodeRelayFrame, maxRelayOverheadBytes, ports } from '../../src/protocol/relay-frame.ts';

test('a relay frame comes back as it was, with all its entries', () => {
  const frame = {
    channel: 3,
    entries: [
      { peer: 'ada', port: ports.link, payload: new Uint8Array([1, 2, 3]) },
      { peer: 'b'.repeat(64), port: ports.signal, payload: new Uint8Array(0) },
    ],
  };
  expect(decodeRelayFrame(encodeRelayFrame(frame))).toEqual(frame);
});

test('no frame with one entry takes more beside its payload than is reckoned for it', () => {
  const entry = { peer: 'b'.repeat(64), port: ports.link, payload: new Uint8Array(10) };
  expect(encodeRelayFrame({ channel: 255, entries: [entry] })).toHaveLength(10 + maxRelayOverheadBytes);
});

test('a relay frame cut anywhere but between entries is no frame', () => {
  const whole = encodeRelayFrame({
    channel: 0,
    entries: [{ peer: 'ada', port: ports.link, payload: new Uint8Array([1, 2, 3]) }],
  });
  for (let length = 0; length < whole.length; length++) {
    if (length === 2) continue; // the bare header: a frame without entries
    expect(decodeRelayFrame(whole.subarray(0, length)), `cut at ${length}`).toBeNull();
  }
});
