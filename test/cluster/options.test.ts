import { available, createCluster, type Lazy, lock, type NetworkContext, quorum, type Talk } from 'bellwether';
import { nodes } from 'bellwether/nodes';
import { tabs } from 'bellwether/tabs';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { web } from 'bellwether/web';
import { describe, expect, it } from 'vitest';

const network = memoryNetwork().network();
const online = web({ url: 'ws://127.0.0.1' });
const known = nodes({ id: 'a', listen: { port: 0 }, peers: { a: 'ws://127.0.0.1' }, dataDir: 'never-opened' });

describe('wrong options throw at once, naming the option and what it may be', () => {
  it.each<[string, unknown, new () => Error, RegExp]>([
    ['no options', undefined, TypeError, /^createCluster: the options must be an object; they are missing$/],
    ['no room', { network }, TypeError, /"room" must be a text that is not empty; it is missing/],
    ['an empty room', { network, room: '' }, RangeError, /"room" .+ it is ""/],
    [
      'a long room, for web()',
      { network: online, room: 'r'.repeat(129) },
      RangeError,
      /with web\(\): .+"room" must be 1/,
    ],
    ['a room with a space, for web()', { network: online, room: 'my room' }, RangeError, /it is "my room"/],
    ['half a character, for web()', { network: online, room: '\ud800' }, RangeError, /it is "\\ud800"/],
    [
      'a room with a slash, for nodes()',
      { network: known, room: 'a/b' },
      RangeError,
      /with nodes\(\): .+ it is "a\/b"/,
    ],
    ['a room that is a number', { network, room: 7 }, TypeError, /it is 7/],
    ['no network', { room: 'a' }, TypeError, /"network" must be a network, such as tabs\(\); it is missing/],
    ['a preset that was not called', { room: 'a', network: web }, TypeError, /it is a function/],
    ['an elector that was not called', { room: 'a', network, elector: available }, TypeError, /available\(\)/],
    [
      'lock(), for web(): each browser would have a leader',
      { network: online, room: 'a', elector: lock() },
      TypeError,
      /^createCluster: lock\(\) cannot elect among the members of web\(\); take quorum\(\) or available\(\)$/,
    ],
    ['lock(), for nodes()', { network: known, room: 'a', elector: lock() }, TypeError, /lock\(\).+ of nodes\(\)/],
    [
      'quorum(), for tabs(): nobody founds a room there',
      { network: tabs(), room: 'a', elector: quorum() },
      TypeError,
      /quorum\(\) cannot elect among the members of tabs\(\); take lock\(\) or available\(\)/,
    ],
    ['info that is no JSON', { room: 'a', network, info: { at: new Date(0) } }, TypeError, /"info".+instance of Date/],
    ['init that is no function', { room: 'a', network, init: 'start' }, TypeError, /"init" must be a function/],
    ['minMembers 0', { room: 'a', network, minMembers: 0 }, RangeError, /"minMembers" must be a whole number from 1/],
    ['minMembers 1.5', { room: 'a', network, minMembers: 1.5 }, RangeError, /it is 1.5/],
    ['minMembers as text', { room: 'a', network, minMembers: '2' }, TypeError, /it is "2"/],
    ['priority NaN', { room: 'a', network, priority: Number.NaN }, RangeError, /"priority" must be a finite number/],
    ['a controller for a signal', { room: 'a', network, signal: new AbortController() }, TypeError, /an AbortSignal/],
    ['exitSignals as a list', { room: 'a', network, exitSignals: ['SIGINT'] }, TypeError, /true or false.+an array/],
    ['a negative handoverMs', { room: 'a', network, handoverMs: -1 }, RangeError, /"handoverMs"/],
    ['null', { room: 'a', network, signal: null }, TypeError, /it is null/],
  ])('%s', (_, options, type, message) => {
    const make = () => createCluster(options as never);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  it.each([
    ['handoverMS', 'did you mean "handoverMs"?'],
    ['minMember', 'did you mean "minMembers"?'],
    ['net', 'did you mean "network"?'],
    ['timeout', 'there are room, network, elector'],
    ['__proto__x', 'there are room'],
  ])('an option that does not exist: %s', (name, suggestion) => {
    const make = () => createCluster({ room: 'a', network, [name]: 1 } as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`there is no option "${name}"`);
    expect(make).toThrow(suggestion);
  });

  it.each<[string, unknown, new () => Error, RegExp]>([
    ['no url', {}, TypeError, /^web: the option "url" must be a ws: or wss: URL.+; it is missing$/],
    ['an http url', { url: 'http://localhost:8787' }, RangeError, /it is "http:\/\/localhost:8787"/],
    ['a url without a scheme', { url: 'localhost' }, RangeError, /such as "wss:\/\/example.org"/],
    ['a token that is a text', { url: 'ws://a', token: 'secret' }, TypeError, /returns a promise of a text/],
    ['ice servers that are a list', { url: 'ws://a', iceServers: [] }, TypeError, /"iceServers" must be a function/],
    ['rtc that is no boolean', { url: 'ws://a', rtc: 'no' }, TypeError, /"rtc" must be true or false/],
    ['a typing error', { URL: 'ws://a', url: 'ws://a' }, TypeError, /did you mean "url"\?/],
  ])('web: %s', (_, options, type, message) => {
    const make = () => web(options as never);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  it('and what is left out or undefined is no mistake', async () => {
    const cluster = createCluster({
      room: 'a',
      network,
      info: undefined,
      elector: undefined,
      priority: undefined,
    } as never);
    expect(cluster.state).toBe('joining');
    await cluster.leave();
  });
});

describe('web()', () => {
  const context = (): Omit<NetworkContext, 'charter'> => {
    const platform = virtualClock().platform();
    return { room: 'a', self: 'me', platform };
  };

  it('is inert: calling it, and opening it, connects to nothing', async () => {
    const sockets: unknown[] = [];
    const Forbidden = function (url: string): void {
      sockets.push(url);
    };
    const inert = web({ url: 'ws://127.0.0.1:1', WebSocket: Forbidden as never });
    const { charter } = inert.elector;
    const parts = inert.open({ ...context(), charter });
    expect((await (parts.talk as Lazy<Talk>).load()).transports.map(({ kind }) => kind)).toEqual(['webrtc', 'relay']);
    expect(sockets).toEqual([]);
  });

  it('keeps to the relay where rtc is false', async () => {
    const onRelay = web({ url: 'ws://127.0.0.1:1', rtc: false, WebSocket: (() => {}) as never });
    const { charter } = onRelay.elector;
    const parts = onRelay.open({ ...context(), charter });
    expect((await (parts.talk as Lazy<Talk>).load()).transports.map(({ kind }) => kind)).toEqual(['relay']);
  });
});
