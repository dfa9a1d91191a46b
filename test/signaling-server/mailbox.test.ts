import { expect, test } from 'vitest';
import { Mailbox } from '../../signaling-server/mailbox.ts';
import { Pieces } from '../../src/protocol/pieces.ts';

const mebibyte = 1024 * 1024;

/** A message of so many bytes, in pieces of up to 64 KiB. */
function piecesOf(bytes: number): readonly Uint8Array[] {
  return new Pieces().split('x'.repeat(bytes - 2), 65_536);
}

/** Takes all but the last piece, and returns that. */
function begin(mailbox: Mailbox, from: string, pieces: readonly Uint8Array[]): Uint8Array {
  for (const piece of pieces.slice(0, -1)) mailbox.take(from, piece);
  return pieces.at(-1) as Uint8Array;
}

test('puts together what several members send at the same time', () => {
  const mailbox = new Mailbox(3);
  const senders = ['ada', 'bob', 'cyd'];
  const [ada, bob, cyd] = senders.map((from) => begin(mailbox, from, piecesOf(mebibyte)));
  for (const [at, last] of [ada, bob, cyd].entries()) {
    const assembled = mailbox.take(senders[at] as string, last as Uint8Array);
    expect(assembled).toEqual({ type: 'message', message: 'x'.repeat(mebibyte - 2) });
  }
});

test('whatever many members leave unfinished, what is kept is bounded; the longest message of one still comes through', () => {
  const mailbox = new Mailbox(1000);
  const lasts = Array.from({ length: 10 }, (_, at) => begin(mailbox, `m${at}`, piecesOf(4 * mebibyte)));
  const whole = begin(mailbox, 'ada', piecesOf(8 * mebibyte));
  expect(mailbox.take('ada', whole).type).toBe('message');
  const finished = lasts.filter((last, at) => mailbox.take(`m${at}`, last).type === 'message');
  expect(finished.length).toBeLessThanOrEqual(1); // of 16 MiB, ada took 8; who was heard last may be left
});

test('many tiny pieces count for what keeping them takes', () => {
  const mailbox = new Mailbox(1000);
  const tiny = new Pieces().split('x'.repeat(30_000), 6); // a byte each
  const lasts = Array.from({ length: 8 }, (_, at) => begin(mailbox, `m${at}`, tiny));
  const finished = lasts.filter((last, at) => mailbox.take(`m${at}`, last).type === 'message');
  expect(finished).toHaveLength(4); // 30,000 pieces are almost 4 MiB
});

test('keeps pieces of so many members at a time, and drops those of whoever was heard longest ago', () => {
  const mailbox = new Mailbox(2);
  const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map((from) => begin(mailbox, from, piecesOf(100_000)));
  expect(mailbox.take('ada', ada as Uint8Array).type).toBe('nothing');
  expect(mailbox.take('bob', bob as Uint8Array).type).toBe('message');
  expect(mailbox.take('cyd', cyd as Uint8Array).type).toBe('message');
});
