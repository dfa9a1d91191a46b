import { createCluster, type Channel, type ClusterError, type Json, type Leader } from 'bellwether';
import { memoryNetwork } from 'bellwether/testing';
import { describe, expectTypeOf, it } from 'vitest';

const cluster = createCluster({ room: 'types', network: memoryNetwork().network() });
void cluster.leave();

describe('the types', () => {
  it('know the event of each name, and no other name', () => {
    cluster.on('leader', (event) => expectTypeOf(event.leader).toEqualTypeOf<Leader | null>());
    cluster.on('error', (event) => expectTypeOf(event).toEqualTypeOf<ClusterError>());
    cluster.on('published', (event) => expectTypeOf(event.value).toEqualTypeOf<Json>());
    // @ts-expect-error: there is no such event
    const wrong = (): unknown => cluster.on('leaders', () => {});
    expectTypeOf(wrong).toBeFunction();
  });

  it('give a channel the values it was made for', () => {
    const moves = cluster.channel<{ x: number }>('moves');
    expectTypeOf(moves).toEqualTypeOf<Channel<{ x: number }>>();
    moves.on((value) => expectTypeOf(value).toEqualTypeOf<{ x: number }>());
    // @ts-expect-error: not what the channel is for
    const wrong = (): unknown => moves.send('somebody', 'left');
    expectTypeOf(wrong).toBeFunction();
  });

  it('want a room and a network, and JSON for info', () => {
    const network = memoryNetwork().network();
    // @ts-expect-error: no network
    const without = (): unknown => createCluster({ room: 'a' });
    // @ts-expect-error: a function is no JSON
    const noJson = (): unknown => createCluster({ room: 'a', network, info: { run: () => {} } });
    expectTypeOf([without, noJson]).toBeArray();
  });

  it('let nobody write what is to be read', () => {
    expectTypeOf(cluster.members).toEqualTypeOf<ReadonlyMap<string, import('bellwether').Member>>();
    // @ts-expect-error: read only
    const write = (): unknown => (cluster.state = 'left');
    expectTypeOf(write).toBeFunction();
  });
});
