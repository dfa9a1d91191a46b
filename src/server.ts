/**
 * `bellwether/server`: the signaling server, on an HTTP server of your own.
 *
 *     import { createServer } from 'node:http';
 *     import { attachSignaling, openStore } from 'bellwether/server';
 *
 *     const server = createServer();
 *     const store = await openStore('./bellwether-data'); // what rooms are remembered in over a restart
 *     const signaling = attachSignaling(server, { origins: ['https://example.org'], store });
 *     server.listen(8787); // clients: web({ url: 'wss://example.org/bellwether' })
 *
 * The stand-alone server, `npx bellwether serve`, takes any path: there `ws://127.0.0.1:8787` is a whole URL.
 */
export { attachSignaling } from '../signaling-server/node.ts';
export { openStore } from '../signaling-server/level-store.ts';
export type { Store } from '../signaling-server/store.ts';
export type { AttachOptions, Signaling } from '../signaling-server/node.ts';
export type { Admission, JoinRequest, SignalingOptions } from '../signaling-server/options.ts';
export type { Counters } from '../signaling-server/counters.ts';
export type { Limits } from './protocol/limits.ts';
