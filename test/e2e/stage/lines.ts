import { execFileSync } from 'node:child_process';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { freePorts } from '../../peering/ports.ts';

/** How processes reach each other, and how a test takes that from them. */
export interface Lines {
  readonly name: string;
  listen(id: string): { readonly host: string; readonly port: number };
  url(from: string, to: string): string;
  /** What stands before the command that starts a process there. */
  prefix(id: string): readonly string[];
  /** From now on nothing passes to or from that member; nobody is told. */
  cut(id: string): void;
  heal(id: string): void;
  end(): void;
}

/** Straight through the loopback: cannot be cut. */
export async function loopback(ids: readonly string[]): Promise<Lines> {
  const ports = await freePorts(ids.length);
  const portOf = (id: string): number => ports[ids.indexOf(id)] ?? 0;
  return {
    name: 'the loopback',
    listen: (id) => ({ host: '127.0.0.1', port: portOf(id) }),
    url: (_, to) => `ws://127.0.0.1:${portOf(to)}`,
    prefix: () => [],
    cut: () => {},
    heal: () => {},
    end: () => {},
  };
}

/** A network namespace for each process, where this one may make them (Linux, root), and proxies elsewhere. */
export async function cuttableLines(ids: readonly string[]): Promise<Lines> {
  return namespaces(ids) ?? (await proxies(ids));
}

/** Every process has a network card of its own, on one bridge; cutting takes the card down. */
function namespaces(ids: readonly string[]): Lines | null {
  const name = (part: string): string => `bw${process.pid % 10_000}-${part}`;
  const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });
  const hub = name('hub');
  const made: string[] = [];
  const end = (): void => {
    for (const space of made.splice(0)) ip('netns', 'del', space);
  };
  const add = (space: string): void => {
    ip('netns', 'add', space);
    made.push(space);
  };
  const address = (id: string): string => `10.88.0.${ids.indexOf(id) + 1}`;
  try {
    add(hub);
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', hub, 'link', 'set', 'bridge', 'up');
    for (const id of ids) {
      add(name(id));
      ip('-n', hub, 'link', 'add', `to-${id}`, 'type', 'veth', 'peer', 'name', 'card', 'netns', name(id));
      ip('-n', hub, 'link', 'set', `to-${id}`, 'master', 'bridge', 'up');
      ip('-n', name(id), 'address', 'add', `${address(id)}/24`, 'dev', 'card');
      ip('-n', name(id), 'link', 'set', 'card', 'up');
      ip('-n', name(id), 'link', 'set', 'lo', 'up');
    }
  } catch {
    end();
    return null;
  }
  return {
    name: 'network namespaces',
    listen: (id) => ({ host: address(id), port: 7000 }),
    url: (_, to) => `ws://${address(to)}:7000`,
    prefix: (id) => ['ip', 'netns', 'exec', name(id)],
    cut: (id) => ip('-n', hub, 'link', 'set', `to-${id}`, 'down'),
    heal: (id) => ip('-n', hub, 'link', 'set', `to-${id}`, 'up'),
    end,
  };
}

/** Every process reaches every other one through a proxy of its own; cutting stops those of one. */
async function proxies(ids: readonly string[]): Promise<Lines> {
  const direct = await loopback(ids);
  const pairs = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => ({ from, to })));
  const all = await Promise.all(
    pairs.map(async ({ from, to }) => {
      const proxy = new Proxy(direct.listen(to).port);
      return { from, to, proxy, port: await proxy.listen() };
    }),
  );
  const cuts = new Set<string>();
  const apply = (): void => {
    for (const { from, to, proxy } of all) proxy.set(cuts.has(from) || cuts.has(to) ? 'stopped' : 'open');
  };
  return {
    ...direct,
    name: 'proxies',
    url: (from, to) => {
      const through = all.find((one) => one.from === from && one.to === to);
      return through ? `ws://127.0.0.1:${through.port}` : direct.url(from, to);
    },
    cut: (id) => {
      cuts.add(id);
      apply();
    },
    heal: (id) => {
      cuts.delete(id);
      apply();
    },
    end: () => {
      for (const { proxy } of all) proxy.end();
    },
  };
}

/** Carries bytes both ways, or holds them back, as a line does on which nothing arrives. */
class Proxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: 'open' | 'stopped' = 'open';

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      this.#carry(near, far);
      this.#carry(far, near);
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  }

  set(state: 'open' | 'stopped'): void {
    this.#state = state;
    for (const socket of this.#sockets) {
      if (state === 'open') socket.resume();
      else socket.pause();
    }
  }

  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#state === 'stopped') from.pause();
  }
}
