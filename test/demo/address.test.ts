import { expect, test } from 'vitest';
import { electorLink, frameAddress, otherNetworkLink, readAddress, shareLink } from '../../demo/address.ts';
import { roomOf } from '../../demo/electors.ts';

const read = (address: string) => readAddress(new URL(address));

test('the bare address leads into the meadow, by the server that the page came from', () => {
  expect(read('http://localhost:8080/')).toEqual({
    room: 'meadow',
    network: 'web',
    serverUrl: 'ws://localhost:8080/bellwether',
    rtc: true,
    elector: 'quorum',
    name: null,
    grid: null,
    compact: false,
    naive: false,
  });
  expect(read('https://example.org/').serverUrl).toBe('wss://example.org/bellwether');
});

test('everything can be asked for', () => {
  expect(read('http://x/?room=r&server=ws://y:1/z&rtc=off&elector=available&name=Ada&compact&naive')).toMatchObject({
    room: 'r',
    serverUrl: 'ws://y:1/z',
    rtc: false,
    elector: 'available',
    name: 'Ada',
    compact: true,
    naive: true,
  });
});

test('the other network is a link away: the tabs of this browser, and back', () => {
  const tabs = otherNetworkLink(new URL('http://x/?room=r&rtc=off&name=Ada'));
  expect(read(tabs)).toMatchObject({ room: 'r', name: 'Ada', network: 'tabs', elector: 'lock' });
  expect(read(otherNetworkLink(new URL(tabs)))).toMatchObject({ room: 'r', network: 'web', elector: 'quorum' });
});

test('another way of electing is a link away, in a room of its own, and back', () => {
  const page = new URL('http://x/?room=r&name=Ada');
  const available = electorLink(page, 'available');
  expect(read(available)).toMatchObject({ room: 'r', name: 'Ada', elector: 'available' });
  expect(roomOf(read(available))).toBe('r.available');
  expect(electorLink(new URL(available), 'quorum')).toBe(page.href);
  expect(roomOf(read(page.href))).toBe('r');
  expect(roomOf(read('http://x/?room=r&network=tabs'))).toBe('r');
});

test.each([
  ['4', 4],
  ['1', 2],
  ['99', 9],
  ['', 4],
  ['many', 4],
])('?grid=%s shows %i members', (grid, count) => {
  expect(read(`http://x/?grid=${grid}`).grid).toBe(count);
});

test('the link to share names the room, the address that others can reach, and nothing of this page', () => {
  const page = new URL('http://localhost:8080/?name=Ada&compact&rtc=off');
  expect(shareLink(page, null)).toBe('http://localhost:8080/?rtc=off&room=meadow');
  expect(shareLink(page, 'http://192.0.2.7:8080/')).toBe('http://192.0.2.7:8080/?rtc=off&room=meadow');
  const elsewhere = new URL('http://192.0.2.9:8080/?room=r');
  expect(shareLink(elsewhere, 'http://192.0.2.7:8080/')).toBe('http://192.0.2.9:8080/?room=r');
});

test('a frame of the grid is a compact page of its own name in the same room', () => {
  const frame = read(frameAddress(new URL('http://x/?grid=4&room=r'), 'Soay'));
  expect(frame).toMatchObject({ grid: null, compact: true, name: 'Soay', room: 'r' });
});
