import type { Life } from './life.ts';
import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** Members that run, in groups of those that can talk to each other, over others too, by links open in both directions. */
export function groups<L extends Tenant = Life>(world: World<L>): L[][] {
  const rest = new Set(world.lives.filter((life) => life.responsive));
  const found: L[][] = [];
  for (const first of rest) {
    rest.delete(first);
    const group = [first];
    for (const life of group)
      for (const other of rest)
        if (linked(world, life, other)) {
          rest.delete(other);
          group.push(other);
        }
    found.push(group);
  }
  return found;
}

function linked(world: World<Tenant>, one: Tenant, other: Tenant): boolean {
  const [a, b] = [one.seat.index, other.seat.index];
  return world.network.open(a, b) && world.network.open(b, a);
}
