import { afterEach, expect, test, vi } from 'vitest';
import { webBroadcast } from '../../src/platform/web-broadcast.ts';

/** What the browser was asked to do, in order. */
const calls: string[] = [];

/** Those that were opened. */
const channels: EventTarget[] = [];

class Channel extends EventTarget {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
    channels.push(this);
    calls.push(`open ${name}`);
  }

  postMessage(message: unknown): void {
    calls.push(`post ${String(message)}`);
  }

  close(): void {
    calls.push(`close ${this.name}`);
  }
}

vi.stubGlobal('BroadcastChannel', Channel);

afterEach(() => {
  calls.length = 0;
});

const endOfJob = (): Promise<void> => Promise.resolve();

test('what is posted goes out when the job is done, in order, on a channel that is opened then', async () => {
  const port = webBroadcast('room');
  port.post('first');
  port.post('second');
  expect(calls).toEqual([]);
  await endOfJob();
  expect(calls).toEqual(['open room', 'post first', 'post second']);

  port.post('third');
  await endOfJob();
  expect(calls.slice(3)).toEqual(['post third']);
});

test('last words go out with the closing, within the call: a page that goes may have no other moment', async () => {
  const port = webBroadcast('room');
  port.post('goodbye');
  port.close();
  expect(calls).toEqual(['open room', 'post goodbye', 'close room']);

  port.post('too late');
  port.close();
  await endOfJob();
  expect(calls.slice(3)).toEqual(['close room']);
});

test('who listens has an open channel at once', () => {
  webBroadcast('room', () => {});
  expect(calls).toEqual(['open room']);
});

test('what could not be copied is heard as nothing that makes sense, and what comes after the closing not at all', () => {
  const heard: unknown[] = [];
  const port = webBroadcast('room', (message) => heard.push(message));
  const channel = channels.at(-1)!;
  const come = (): void => {
    channel.dispatchEvent(new MessageEvent('message', { data: 'hello' }));
    channel.dispatchEvent(new MessageEvent('messageerror'));
  };
  come();
  expect(heard).toEqual(['hello', undefined]);
  port.close();
  come();
  expect(heard).toHaveLength(2);
});
