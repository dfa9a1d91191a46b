import { expect, test } from 'vitest';
import { Contact } from '../../../src/discovery/epochs/contact.ts';
import { Clocks } from '../../../src/driver/clocks.ts';

const charterMs = 100_000;

/** The two clocks, as the test moves them, how often contact was told of, and the moment that was told last. */
function member() {
  const now = { monotonicMs: 0, wallMs: 1_000_000 };
  const clock = { monotonicMs: () => now.monotonicMs, wallMs: () => now.wallMs };
  const told = { times: 0, askedAt: -Infinity };
  const clocks = new Clocks(clock);
  const contact = new Contact(clocks, (askedAt) => Object.assign(told, { times: told.times + 1, askedAt }));
  const pass = (monotonicMs: number, wallMs = monotonicMs): void => {
    now.monotonicMs += monotonicMs;
    now.wallMs += wallMs;
  };
  return { contact, clocks, pass, told };
}

test('whoever has seen no epoch claims none', () => {
  const { contact } = member();
  contact.ask();
  contact.answer();
  expect(contact.claim(charterMs)).toBeUndefined();
});

test('contact counts from the question, once this connection has shown the room', () => {
  const { contact, clocks, pass, told } = member();
  const askedAt = clocks.now().fast;
  contact.ask();
  pass(5_000);
  contact.answer();
  expect(told.times).toBe(0);
  contact.see(7);
  expect(told).toEqual({ times: 1, askedAt });
  pass(94_000 - 5_000);
  expect(contact.claim(charterMs)).toEqual({ epoch: 7, lapsed: false });
  pass(1_000);
  expect(contact.claim(charterMs)).toEqual({ epoch: 7, lapsed: true });
});

test('Q2: an answer from a room in an epoch that is over is no contact', () => {
  const { contact, told } = member();
  contact.see(7);
  contact.begin();
  contact.ask();
  contact.see(6);
  contact.answer();
  expect([told.times, contact.claim(charterMs)]).toEqual([0, { epoch: 7, lapsed: true }]);
  contact.see(8);
  expect([told.times, contact.claim(charterMs)]).toEqual([1, { epoch: 8, lapsed: false }]);
});

test('a question that was asked anew takes the place of the answer to the one before', () => {
  const { contact, told } = member();
  contact.ask();
  contact.answer();
  contact.ask();
  contact.see(7);
  expect(told.times).toBe(0);
  contact.answer();
  expect(told.times).toBe(1);
});

test.each([
  ['the machine slept, which only the wall clock counts', 0, 96_000],
  ['the wall clock was set back, and only the other one counts', 96_000, -50_000],
])('contact lapses rather too early: %s', (_, monotonicMs, wallMs) => {
  const { contact, pass } = member();
  contact.see(7);
  contact.ask();
  contact.answer();
  pass(monotonicMs, wallMs);
  expect(contact.claim(charterMs)).toEqual({ epoch: 7, lapsed: true });
});
