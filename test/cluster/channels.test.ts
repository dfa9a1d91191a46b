import type { Cluster } from 'bellwether';
import { describe, expect, it } from 'vitest';
import { expectBytesAsTheyWere } from './odd-bytes.ts';
import { room, type Participant } from './room.ts';

async function pair(options?: Parameters<typeof room>[0]) {
  const stage = room(options);
  const [first, second] = (await stage.gather(2)) as [Participant, Participant];
  return { ...stage, first: first.cluster, second: second.cluster };
}

function heard<T>(cluster: Cluster, name: string): { value: T; from: string }[] {
  const messages: { value: T; from: string }[] = [];
  cluster.channel<T>(name).on((value, from) => messages.push({ value, from }));
  return messages;
}

describe('channel', () => {
  it('carries JSON as values and bytes as bytes, in order, under its own name alone', async () => {
    const { clock, first, second } = await pair();
    const [chat, game] = [heard(second, 'chat'), heard(second, 'game')];
    const channel = first.channel('chat');
    const values = [null, 0, '', 'text', [1, [2]], { deep: { er: true } }];
    for (const value of values) void channel.send(second.id, value);
    void channel.send(second.id, new Uint8Array([0, 255, 1]));
    await clock.runUntil(() => chat.length === values.length + 1);
    expect(chat.slice(0, -1)).toEqual(values.map((value) => ({ value, from: first.id })));
    expect(chat.at(-1)?.value).toBeInstanceOf(Uint8Array);
    expect(chat.at(-1)?.value).toEqual(Uint8Array.of(0, 255, 1));
    expect(game).toEqual([]);
  });

  it('carries messages of megabytes whole, while leadership stays where it is (T1)', async () => {
    const { clock, first, second } = await pair({ bytesPerSecond: 2_000_000 });
    const got = heard<Uint8Array>(second, 'file');
    const file = Uint8Array.from({ length: 3_000_000 }, (_, at) => at % 251);
    const before = [first.leader, second.leader];
    const sent = first.channel('file').send(second.id, file);
    await clock.runUntil(() => got.length === 1);
    await sent;
    expect(Buffer.compare(got[0]?.value as Uint8Array, file)).toBe(0);
    expect([first.leader, second.leader]).toEqual(before);
  });

  it('carries bytes as they were when they were sent, whatever becomes of them; those that are nowhere throw (T1)', async () => {
    const { clock, first, second } = await pair();
    await expectBytesAsTheyWere([first, second], (isSo) => clock.runUntil(isSo));
  });

  it('takes a name of 128 of whatever a text can hold, and keeps them apart', async () => {
    const { clock, first, second } = await pair();
    const names = ['\u9805', '\ufeff', '\ufffd', '\ud800', '\udbff', '"', '\\', '\0'].map((one) => one.repeat(128));
    const got = names.map((name) => heard(second, name));
    for (const name of names) void first.channel(name).send(second.id, name);
    await clock.runUntil(() => got.flat().length === names.length);
    expect(got).toEqual(names.map((name) => [{ value: name, from: first.id }]));
    expect(() => first.channel(`${names[0]}x`)).toThrow(/128 characters/);
  });

  it('broadcasts to every other member that answers', async () => {
    const { clock, gather } = room();
    const [first, ...others] = (await gather(4)).map(({ cluster }) => cluster) as [Cluster, ...Cluster[]];
    const inboxes = others.map((cluster) => heard(cluster, 'all'));
    const own = heard(first, 'all');
    await first.channel('all').broadcast('hello');
    await clock.runUntil(() => inboxes.every(({ length }) => length === 1));
    expect(inboxes.flat()).toEqual(others.map(() => ({ value: 'hello', from: first.id })));
    expect(own).toEqual([]);
  });

  it('refuses unknown members and this member itself with unknown-peer, and messages above 64 MiB', async () => {
    const { first, second } = await pair();
    const channel = first.channel('a');
    await expect(channel.send('nobody', 1)).rejects.toMatchObject({ code: 'unknown-peer' });
    await expect(channel.send(first.id, 1)).rejects.toMatchObject({ code: 'unknown-peer' });
    const huge = new Uint8Array(64 * 1024 * 1024 + 1);
    await expect(channel.send(second.id, huge)).rejects.toMatchObject({ code: 'too-large' });
    await expect(channel.broadcast(huge)).rejects.toMatchObject({ code: 'too-large' });
    const taken = channel.send(second.id, huge.subarray(1));
    void first.leave();
    await expect(taken).rejects.toMatchObject({ code: 'left' });
  });

  it('throws at once for values that are neither JSON nor bytes, and for names that are no names', async () => {
    const { first, second } = await pair();
    const deep = JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown;
    const proto = JSON.parse('{"__proto__": 1}') as unknown;
    const hidden = Object.defineProperty([], 'toJSON', { value: () => undefined });
    for (const value of [undefined, 1n, Number.NaN, new Date(), new Float32Array(1), deep, proto, hidden]) {
      expect(() => first.channel<unknown>('a').send(second.id, value)).toThrow(TypeError);
      expect(() => first.channel<unknown>('a').broadcast(value)).toThrow(TypeError);
    }
    for (const name of ['', 'x'.repeat(129), 7]) expect(() => first.channel(name as never)).toThrow(TypeError);
  });

  it('leaves no unhandled rejection behind when members vanish under a message that nobody waits for', async () => {
    const { clock, memory, first, second } = await pair({ graceMs: 1_000, bytesPerSecond: 50_000 });
    const rejections: unknown[] = [];
    const catcher = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', catcher);
    void first.channel('a').broadcast(new Uint8Array(2_000_000));
    void first.channel('a').send(second.id, new Uint8Array(2_000_000));
    const outcome = first.channel('a').send(second.id, new Uint8Array(2_000_000));
    memory.crash(second.id);
    await clock.runUntil(() => first.members.size === 1);
    await expect(outcome).rejects.toMatchObject({ code: 'unknown-peer' });
    void first.channel('a').send('nobody', 1);
    void first.transfer();
    void first.ready();
    await first.leave();
    void first.ready();
    await clock.settle();
    process.off('unhandledRejection', catcher);
    expect(rejections).toEqual([]);
  });

  it('on returns its own undo', async () => {
    const { clock, first, second } = await pair();
    const undo = second.channel('a').on(() => expect.fail('it was taken back'));
    const got = heard(second, 'a');
    undo();
    await first.channel('a').send(second.id, 1);
    await clock.runUntil(() => got.length === 1);
  });
});
