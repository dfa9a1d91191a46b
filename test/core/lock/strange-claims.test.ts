import { expect, test } from 'vitest';
import { heirOfB, other, Page } from './page.ts';

/** It looks, and there stand claims of another version. */
function lookAtStrange(page: Page): ReturnType<Page['look']> {
  page.hasStrange = true;
  return page.look();
}

test('L1: a leader stops at the first look that finds a strange claim, and leads again when that is gone', () => {
  const page = new Page();
  page.lead();
  page.tick();
  expect(lookAtStrange(page)).toContainEqual({ type: 'leader', leader: null });
  const claims: unknown[] = [];
  for (let beats = 0; beats < 20; beats++) {
    page.tick();
    claims.push(page.own);
    page.look();
    expect(page.leads).toBe(false);
  }
  // It goes on to show that it runs, and no more often than a leader does.
  expect(claims).toEqual(claims.map(() => expect.objectContaining({ freshMs: 0, term: 0 })));
  expect(page.nowMs).toBeGreaterThan(3_000);
  page.hasStrange = false;
  for (let beats = 0; beats < 5; beats++) {
    page.tick();
    page.look();
  }
  page.raise(2);
  expect(page.core.leader()).toEqual({ id: 'a', term: 2 });
});

test('L1: who is given the lock does not lead while a strange claim stands', () => {
  const page = new Page();
  page.feed({ type: 'tick' });
  page.grant();
  expect(lookAtStrange(page).map(({ type }) => type)).not.toContain('raise');
});

test('L1: an heir that sees a strange claim takes its own back, and makes none while that stands', () => {
  const page = heirOfB();
  expect(page.own).not.toBeNull();
  lookAtStrange(page);
  expect(page.own).toBeNull();
  for (let looks = 0; looks < 5; looks++) {
    page.others = [{ ...other, beat: looks + 1 }];
    page.tick();
    page.look();
    expect(page.own).toBeNull();
  }
});

test('L1: whoever is given the lead does not take the lock while a strange claim stands', () => {
  const page = new Page();
  page.feed({ type: 'tick' });
  page.look();
  const message = { type: 'yield', term: other.term, restless: 0, stays: false };
  page.feed({ type: 'message', from: other.id, message });
  expect(lookAtStrange(page).map(({ type }) => type)).not.toContain('request');
});

test('L1: nobody is robbed while a strange claim stands, however long nothing becomes of it', () => {
  const page = new Page();
  page.feed({ type: 'tick' });
  for (let looks = 0; looks < 100; looks++) {
    expect(lookAtStrange(page).map(({ type }) => type)).not.toContain('request');
    page.tick();
  }
  expect(page.nowMs).toBeGreaterThan(60_000);
});

test('a leader whose claim may be one of the strange ones is not lost', () => {
  const page = new Page();
  page.feed({ type: 'members', peers: ['a', 'b'] });
  page.look();
  const message = { type: 'beat', term: 2, version: 1, line: ['a'], edition: null, ask: false };
  page.feed({ type: 'message', from: 'b', message });
  for (let looks = 0; looks < 5; looks++) {
    lookAtStrange(page);
    page.tick();
  }
  expect(page.core.leader()).toEqual({ id: 'b', term: 2 });
  page.hasStrange = false;
  page.look();
  expect(page.core.leader()).toBeNull();
});

test('a leader that gives way, as a strange claim stands, is lost: its own says that it leads no more', () => {
  const page = heirOfB();
  page.nowMs += 1_000;
  page.others = [{ ...other, beat: 1, freshMs: 0, term: 0 }];
  for (let looks = 0; looks < 3; looks++) {
    lookAtStrange(page);
    page.tick();
  }
  expect(page.core.leader()).toBeNull();
});
