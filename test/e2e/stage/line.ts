import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server, that can be long, and taken away. */
export interface Line {
  readonly url: string;
  /** Closes what is open, and lets nobody through. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

/** A line to the server behind `url` on which every byte takes `delayMs` each way. */
export async function openLine(url: string, { delayMs = 0 } = {}): Promise<Line> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer({ noDelay: true }, (near) => {
    if (isCut) return void near.destroy();
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (bytes) => after(delayMs, () => to.write(bytes)));
      from.on('error', () => {}); // 'close' follows
      from.on('close', () => {
        open.delete(from);
        after(delayMs, () => to.destroy());
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const hangUp = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      hangUp();
    },
    heal: () => {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        hangUp();
      }),
  };
}

/** A timer of 0 ms takes a millisecond. */
function after(delayMs: number, run: () => void): void {
  if (delayMs === 0) run();
  else setTimeout(run, delayMs);
}
