import { createServer } from 'node:net';

/** Below those that the system gives to whoever connects, or listens on any: it gives none of these away meanwhile. */
const lowestPort = 20_000;
/** Each process, of those that run tests at once, begins elsewhere. No port is given twice. */
let nextPort = lowestPort + 100 * (process.pid % 120);

/** Ports of the loopback that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = nextPort++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
