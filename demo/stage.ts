import type { Cluster } from 'bellwether';
import type { Backstage } from './backstage.ts';
import { type Cutting, openCutting, type Shears } from './cutting.ts';

/** The part of `cuttable()` that the stage moves. */
export interface Scissors extends Shears {
  freeze(): void;
  thaw(): void;
}

/** To the leader: hand over to this member. */
interface BellWish {
  readonly to: string;
}

export interface Stage extends Cutting {
  /** By its visitor, or by the browser. */
  readonly frozen: boolean;
  freeze(): void;
  thaw(): void;
  /** Asks the leader to hand over to `to`. */
  askForBell(to: string): void;
}

export interface StageEvents {
  onChange(): void;
  /** Somebody asks this page, the leader, to hand over. */
  onAsked(to: string, by: string): void;
}

/** Cutting, healing, freezing, and asking for the bell. */
export function openStage(cluster: Cluster, scissors: Scissors, backstage: Backstage, events: StageEvents): Stage {
  const cutting = openCutting({ cluster, shears: scissors, backstage, onChange: () => events.onChange() });
  const channel = cluster.channel<BellWish>('bell');
  const frozenBy = new Set<'browser' | 'visitor'>();
  const forgetFreezing = onFreezing((isFrozen) => {
    if (isFrozen) frozenBy.add('browser');
    else frozenBy.delete('browser');
    events.onChange();
  });
  channel.on((value: unknown, by) => {
    const { to } = Object(value) as Partial<BellWish>;
    if (typeof to === 'string' && cluster.isLeader) events.onAsked(to, by);
  });

  return {
    get cut() {
      return cutting.cut;
    },
    get frozen() {
      return frozenBy.size > 0;
    },
    cutApart: cutting.cutApart,
    cutMine: cutting.cutMine,
    heal: cutting.heal,
    freeze: () => {
      frozenBy.add('visitor');
      events.onChange(); // as the browser does it: told while there are links
      scissors.freeze();
    },
    thaw: () => {
      frozenBy.delete('visitor');
      scissors.thaw();
      events.onChange();
    },
    askForBell: (to) => {
      const leader = cluster.leader;
      if (leader && !leader.isSelf) channel.send(leader.id, { to }).catch(() => {});
    },
    end: () => {
      cutting.end();
      forgetFreezing();
    },
  };
}

/** The last moment before the browser lets nothing run in this page, and the first one after. Returns its undo. */
function onFreezing(run: (isFrozen: boolean) => void): () => void {
  const freeze = (): void => run(true);
  const resume = (): void => run(false);
  document.addEventListener('freeze', freeze);
  document.addEventListener('resume', resume);
  return () => {
    document.removeEventListener('freeze', freeze);
    document.removeEventListener('resume', resume);
  };
}
