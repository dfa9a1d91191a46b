import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Process, startProcess } from './stage/process.ts';

let started: Process[] = [];
const listening: Server[] = [];

afterEach(async () => {
  for (const server of listening.splice(0)) server.close();
  await Promise.all(started.map((one) => one.end('SIGKILL')));
  started = [];
});

/** `npm start` is this script. */
function start(...args: string[]): Process {
  const one = startProcess(process.execPath, ['demo/start.js', ...args]);
  started.push(one);
  return one;
}

test('npm start prints an address where the page is, and Ctrl-C stops it', async () => {
  const demo = start('--port', '0');
  const [address] = await demo.prints(/http:\/\/[\w.]+:\d+\//);

  const answer = await fetch(address);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<title>Bellwether');

  demo.child.kill('SIGINT');

  const { code, signal } = await demo.exited;
  expect([code, signal]).toEqual([0, null]);
  await expect(fetch(address)).rejects.toThrow('fetch failed');
});

test('npm start --host prints the address for phones with its QR code, and writes it into the page', async () => {
  const demo = start('--port', '0', '--host', '127.0.0.1');
  const [, address = ''] = await demo.prints(/From a phone on this network: (http:\/\/127\.0\.0\.1:\d+\/)[^]*Ctrl-C/);

  expect(
    demo
      .output()
      .split('\n')
      .filter((line) => /^[\s█▀▄]{20,}$/.test(line) && line.trim() !== '').length,
  ).toBeGreaterThan(8);
  const page = await (await fetch(address)).text();
  expect(page).toContain(`name="lan-address" content="${address}"`);
});

test.each([
  [['--help'], 0, '--port PORT'],
  [['--port', 'eighty'], 1, '--port must be a number from 0 to 65535, not "eighty"'],
  [['--prot', '1'], 1, 'see npm start -- --help'],
])('npm start %j ends at once and says what to do', async (args, code, said) => {
  const demo = start(...args);

  expect((await demo.exited).code).toBe(code);
  expect(demo.output()).toContain(said);
  expect(demo.output()).not.toMatch(/\n\s+at /);
});

test('npm start says in one line that its port is taken', async () => {
  const port = await takenPort();

  const demo = start('--port', `${port}`);

  expect((await demo.exited).code).toBe(1);
  const complaint = demo
    .output()
    .split('\n')
    .filter((line) => line.includes(`${port}`));
  expect(complaint).toHaveLength(1);
  expect(demo.output()).not.toMatch(/\n\s+at /);
});

async function takenPort(): Promise<number> {
  const server = createServer();
  listening.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
