import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/protocol/json.ts';
import { PieceAssembler, Pieces } from '../../src/protocol/pieces.ts';

const long = { words: Array.from({ length: 40 }, (_, at) => `wörd ${at} 🐑`) };
/** The messages that come of these pieces, and why others did not. */
function assemble(pieces: readonly Uint8Array[], maxMessageBytes = 10_000) {
  const assembler = new PieceAssembler(maxMessageBytes);
  const messages: Json[] = [];
  const faults: string[] = [];
  for (const piece of pieces) {
    const assembled = assembler.take(piece);
    if (assembled.type === 'message') messages.push(assembled.message);
    if (assembled.type === 'malformed') faults.push(assembled.reason);
  }
  return { messages, faults };
}

test.each([[null], ['ä'], [long], [{ a: [1, { b: 'c' }] }]])('what was split is put together again (%#)', (message) => {
  const pieces = new Pieces().split(message, 64);
  for (const piece of pieces) expect(piece.byteLength).toBeLessThanOrEqual(64);
  expect(assemble(pieces)).toEqual({ messages: [message], faults: [] });
});

test('what fits into one piece is one', () => {
  expect(new Pieces().split('x'.repeat(100), 107)).toHaveLength(1);
  expect(new Pieces().split('x'.repeat(100), 106)).toHaveLength(2);
});

test('whichever piece is lost, its message is lost, and no other', () => {
  const sender = new Pieces();
  const [first, second, third] = ['first', long, 'third'].map((message) => sender.split(message, 64));
  expect(second!.length).toBeGreaterThan(3);
  for (const lost of second!.keys()) {
    const pieces = [...first!, ...second!.toSpliced(lost, 1), ...third!];
    expect(assemble(pieces)).toEqual({ messages: ['first', 'third'], faults: [] });
  }
});

test('pieces out of order, or twice, make no message', () => {
  const pieces = new Pieces().split(long, 64);
  const [a, b, ...rest] = pieces as [Uint8Array, Uint8Array, ...Uint8Array[]];
  expect(assemble([b, a, ...rest]).messages).toEqual([]);
  expect(assemble([a, b, b, ...rest]).messages).toEqual([]);
});

test('an urgent message between the pieces of another harms neither', () => {
  const sender = new Pieces();
  const pieces = sender.split(long, 64);
  const urgent = sender.split('urgent', 64);
  expect(assemble([...pieces.slice(0, 3), ...urgent, ...pieces.slice(3)]).messages).toEqual(['urgent', long]);
});

test('a sender that never ends its messages makes nobody keep more than two of them', () => {
  const sender = new Pieces();
  const [a, b, c] = [1, 2, 3].map(() => sender.split(long, 64));
  const left = assemble([a![0]!, b![0]!, c![0]!, ...a!.slice(1), ...b!.slice(1), ...c!.slice(1)]);
  expect(left.messages).toEqual([long, long]);
});

test('numbers wrap', () => {
  const sender = new Pieces();
  const assembler = new PieceAssembler(100);
  for (let at = 0; at < 70_000; at++) {
    const [piece] = sender.split(at, 64);
    expect(assembler.take(piece!)).toEqual({ type: 'message', message: at });
  }
});

describe('what no sender of ours would say is named, and dropped', () => {
  const piece = (...bytes: number[]) => Uint8Array.of(...bytes);
  test.each([
    ['nothing', piece(), 'this is no piece of a message'],
    ['a header alone', piece(1, 0, 0, 0, 0), 'this is no piece of a message'],
    ['a mark that is neither 0 nor 1', piece(2, 0, 0, 0, 0, 49), 'this is no piece of a message'],
    ['no JSON', piece(1, 0, 0, 0, 0, 123), 'this is not JSON'],
    ['no UTF-8', piece(1, 0, 0, 0, 0, 0xff), 'this is not UTF-8'],
    ['a mark of byte order', piece(1, 0, 0, 0, 0, 0xef, 0xbb, 0xbf, 49), 'this is not JSON'],
  ])('%s', (_, bytes, reason) => {
    expect(assemble([bytes])).toEqual({ messages: [], faults: [reason] });
  });

  test('a message over the bound, and the next one is heard', () => {
    const sender = new Pieces();
    const pieces = [...sender.split('x'.repeat(99), 64), ...sender.split('y', 64)];
    expect(assemble(pieces, 100)).toEqual({ messages: ['y'], faults: ['a message has more than 100 bytes'] });
    expect(assemble(new Pieces().split('x'.repeat(98), 64), 100).messages).toEqual(['x'.repeat(98)]);
  });
});
