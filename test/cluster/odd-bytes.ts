import type { Cluster } from 'bellwether';
import { expect } from 'vitest';

/** More than is under way to one member at a time, so that the rest of it waits. */
const length = 3 * 1024 * 1024;

interface Odd {
  readonly bytes: Uint8Array;
  /** What the application does with them once they are sent. */
  spoil(): void;
}

class ByteView extends Uint8Array {
  /** As of Node's Buffers, and of those that bundlers bring to pages. */
  override slice(start?: number, end?: number): ByteView {
    return this.subarray(start, end) as ByteView;
  }
}

/** The newer constructor is not in the types yet. */
function resizable(maxByteLength: number): ArrayBuffer & { resize(length: number): void } {
  const Buffer = ArrayBuffer as unknown as new (length: number, options: object) => never;
  return new Buffer(length, { maxByteLength });
}

function filled<B extends Uint8Array>(bytes: B): B {
  for (let at = 0; at < length; at++) bytes[at] = at % 251;
  return bytes;
}

const oddities: Readonly<Record<string, () => Odd>> = {
  'transferred to somebody else': () => {
    const bytes = filled(new Uint8Array(length));
    return { bytes, spoil: () => void structuredClone(bytes, { transfer: [bytes.buffer] }) };
  },
  'changed at once': () => {
    const bytes = filled(new Uint8Array(length));
    return { bytes, spoil: () => bytes.fill(9) };
  },
  'of a buffer that shrinks': () => {
    const buffer = resizable(length);
    return { bytes: filled(new Uint8Array(buffer)), spoil: () => buffer.resize(1024 * 1024) };
  },
  'of a buffer that grows': () => {
    const buffer = resizable(2 * length);
    return { bytes: filled(new Uint8Array(buffer)), spoil: () => buffer.resize(2 * length) };
  },
  'of a buffer that a worker writes to': () => {
    const bytes = filled(new Uint8Array(new SharedArrayBuffer(length)));
    return { bytes, spoil: () => bytes.fill(9) };
  },
  'of a class of its own': () => {
    const bytes = filled(new ByteView(length));
    return { bytes, spoil: () => bytes.fill(9) };
  },
};

/** Whatever becomes of bytes that were sent, they arrive as they were, and so does what is said before and behind them. */
export async function expectBytesAsTheyWere(
  [first, second]: readonly [Cluster, Cluster],
  until: (isSo: () => boolean) => Promise<void>,
): Promise<void> {
  const heard: unknown[] = [];
  const answers: unknown[] = [];
  second.channel('odd').on((value) => heard.push(value));
  first.channel('odd').on((value) => answers.push(value));
  const due = filled(new Uint8Array(length));
  for (const [name, make] of Object.entries(oddities)) {
    heard.length = answers.length = 0;
    const { bytes, spoil } = make();
    const sent = first.channel('odd').send(second.id, bytes);
    spoil();
    const behind = [first.channel('odd').send(second.id, name), second.channel('odd').send(first.id, name)];
    await until(() => heard.length === 2 && answers.length === 1);
    await Promise.all([sent, ...behind]);
    expect(Buffer.compare(heard[0] as Uint8Array, due), name).toBe(0);
    expect([heard[1], answers], name).toEqual([name, [name]]);
  }
  const { bytes, spoil } = oddities['transferred to somebody else']!();
  spoil();
  expect(() => first.channel('odd').send(second.id, bytes)).toThrow(TypeError);
  expect(() => first.channel('odd').broadcast(bytes)).toThrow(TypeError);
  heard.length = 0;
  await first.channel('odd').send(second.id, 'next');
  await until(() => heard.length === 1);
  expect(heard).toEqual(['next']);
}
