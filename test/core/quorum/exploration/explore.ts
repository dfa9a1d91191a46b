import type { Raft } from '../../../../src/core/quorum/raft.ts';
import { beginning } from './beginning.ts';
import { Explorer } from './explorer.ts';
import type { Findings } from './explorer.ts';
import { Machines } from './machines.ts';
import type { Scene } from './scene.ts';

const ids = ['a', 'b', 'c'];

/** `rates`: true milliseconds to those of each member's clocks. */
export function exploreScene(Core: typeof Raft, scene: Scene, rates: readonly number[]): Findings {
  const voters = ids.map((id, at) => ({ id, weight: scene.weights?.[at] ?? 1, witness: false }));
  const machines = new Machines({
    ...{ Core, ids, founding: { halves: [voters], learners: [] } },
    clocks: rates.map((rate) => ({ fast: rate, slow: rate })),
    slowDisks: scene.slowDisks ?? [],
  });
  return new Explorer(machines, scene, beginning(machines, scene)).explore();
}
