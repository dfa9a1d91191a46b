import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the server that can be taken away. */
export interface CuttableLine {
  readonly url: string;
  /** Closes what is open, and lets nobody through. */
  cut(): void;
  heal(): void;
  end(): void;
}

export async function cuttableLine(url: string): Promise<CuttableLine> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;
  const close = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer({ noDelay: true }, (near) => {
    if (isCut) return void near.destroy();
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {}); // 'close' follows
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      close();
    },
    heal: () => {
      isCut = false;
    },
    end: () => {
      server.close();
      close();
    },
  };
}
