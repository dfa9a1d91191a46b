import { expect, test } from 'vitest';
import { Mailbox } from '../../signaling-server/mailbox.ts';
import { Unfinished } from '../../signaling-server/unfinished.ts';
import { Pieces } from '../../src/protocol/pieces.ts';

const mebibyte = 1024 * 1024;
const mailboxOf = (maxSenders: number): Mailbox => new Mailbox(maxSenders, new Unfinished());

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
  const mailbox = mailboxOf(3);
  const senders = ['ada', 'bob', 'cyd'];
  const [ada, bob, cyd] = senders.map((from) => begin(mailbox, from, piecesOf(mebibyte)));
  for (const [at, last] of [ada, bob, cyd].entries()) {
    const assembled = mailbox.take(senders[at] as string, last as Uint8Array);
    expect(assembled).toEqual({ type: 'message', message: 'x'.repeat(mebibyte - 2) });
  }
});

test('whatever many members leave unfinished, what is kept is bounded; the longest message of one still comes through', () => {
  const mailbox = mailboxOf(1000);
  const lasts = Array.from({ length: 10 }, (_, at) => begin(mailbox, `m${at}`, piecesOf(4 * mebibyte)));
  const whole = begin(mailbox, 'ada', piecesOf(8 * mebibyte));
  expect(mailbox.take('ada', whole).type).toBe('message');
  const finished = lasts.filter((last, at) => mailbox.take(`m${at}`, last).type === 'message');
  expect(finished.length).toBeLessThanOrEqual(1); // of 16 MiB, ada took 8; who was heard last may be left
});

test('many tiny pieces count for what keeping them takes', () => {
  const mailbox = mailboxOf(1000);
  const tiny = new Pieces().split('x'.repeat(30_000), 6); // a byte each
  const lasts = Array.from({ length: 8 }, (_, at) => begin(mailbox, `m${at}`, tiny));
  const finished = lasts.filter((last, at) => mailbox.take(`m${at}`, last).type === 'message');
  expect(finished).toHaveLength(4); // 30,000 pieces are almost 4 MiB
});

test('keeps pieces of so many members at a time, and drops those of whoever was heard longest ago', () => {
  const mailbox = mailboxOf(2);
  const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map((from) => begin(mailbox, from, piecesOf(100_000)));
  expect(mailbox.take('ada', ada as Uint8Array).type).toBe('nothing');
  expect(mailbox.take('bob', bob as Uint8Array).type).toBe('message');
  expect(mailbox.take('cyd', cyd as Uint8Array).type).toBe('message');
});

test('whatever members of many rooms leave unfinished, what is kept is bounded; of whom was heard last it is', () => {
  const unfinished = new Unfinished(10 * mebibyte);
  const mailboxes = Array.from({ length: 20 }, () => new Mailbox(1000, unfinished));
  const lasts = mailboxes.map((mailbox) => {
    const last = begin(mailbox, 'ada', piecesOf(3 * mebibyte));
    expect(unfinished.bytes).toBeLessThanOrEqual(10 * mebibyte);
    return last;
  });
  const finished = lasts.flatMap((last, at) => (mailboxes[at]!.take('ada', last).type === 'message' ? [at] : []));
  expect(finished).toEqual([17, 18, 19]);
  expect(unfinished.bytes).toBe(0);
});

test('a message in one piece comes through in every room, whatever is unfinished elsewhere', () => {
  const unfinished = new Unfinished(mebibyte);
  const [one, other] = [new Mailbox(10, unfinished), new Mailbox(10, unfinished)];
  const last = begin(one, 'ada', piecesOf(mebibyte / 2));
  for (const piece of piecesOf(1_000)) expect(other.take('bob', piece).type).toBe('message');
  expect(one.take('ada', last).type).toBe('message');
});

test('a room whose witness ends keeps nothing any more', () => {
  const unfinished = new Unfinished();
  const mailbox = new Mailbox(10, unfinished);
  begin(mailbox, 'ada', piecesOf(mebibyte));
  expect(unfinished.bytes).toBeGreaterThan(mebibyte / 2);
  mailbox.close();
  expect(unfinished.bytes).toBe(0);
});
