import { isDeepStrictEqual } from 'node:util';
import { isQuorum } from '../../../../src/core/quorum/configuration.ts';
import type { Configuration } from '../../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../../src/core/quorum/entry.ts';
import type { AppendReply } from '../../../../src/core/quorum/messages.ts';
import type { StateWrite } from '../../../../src/core/quorum/state.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { SimulatedDisk } from '../disk.ts';
import type { Ledger } from '../ledger.ts';
import type { QuorumLife } from '../life.ts';

/** An entry as it was first written anywhere, and what came before it. */
interface Written {
  readonly entry: Entry;
  readonly prevTerm: number | undefined;
}

const matching = 'Q4: logs that share an entry are the same up to it';
const complete = 'Q4: a leader has every committed entry';
const held = 'Q5: committed is what a quorum holds durably';
const told = 'what a member says it holds is durable';
const ownTerm = 'Q4: a leader commits by counting entries of its own term only';
const durable = 'Q5: what a member takes for durable is on its disk';

interface Certain {
  readonly index: number;
  readonly term: number | undefined;
}

/** The logs themselves: log matching, leader completeness, and commitment by a quorum. */
export class Logs implements Checker<QuorumLife> {
  readonly promise = matching;
  readonly concern: Concern = {
    events: ['durable'],
    effects: ['persist', 'commit', 'leader'],
    said: ['append-reply'],
  };
  /** By index, then by term. */
  readonly #written: Map<number, Written>[] = [];
  /** By log: the last entry that was committed in it. */
  readonly #committed = new Map<number, Certain>();
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (event.type === 'durable' && life.state === 'running') this.#takesForDurable(life, world);
    for (const effect of effects) {
      if (effect.type === 'persist') this.#writes(life, effect.state);
      else if (effect.type === 'commit') this.#commits(life, effect.upTo, effects, world);
      else if (effect.type === 'leader' && effect.leader?.id === life.id) this.#leads(life);
      else if (effect.type === 'send' && effect.message.type === 'append-reply')
        this.#holds(life, effect.message, world);
    }
  }

  /** By induction: an entry is the same everywhere, and so is the term of the one before it. */
  #writes(life: QuorumLife, { log }: StateWrite): void {
    if (log === null) return;
    let prevTerm = log.from === 1 ? 0 : termAt(life, log.from - 1);
    let index = log.from;
    for (const entry of log.entries) {
      const byTerm = (this.#written[index] ??= new Map<number, Written>());
      const known = byTerm.get(entry.term);
      if (known === undefined) byTerm.set(entry.term, { entry, prevTerm });
      else if (!same(known.entry, entry) || differ(known.prevTerm, prevTerm))
        throw new Violation(
          matching,
          `${life.label} has ${JSON.stringify(entry)} after term ${prevTerm} at ${index}, where there was ${JSON.stringify(known)}`,
        );
      prevTerm = entry.term;
      index++;
    }
  }

  /** Its own count of what it holds, should it ever lead. */
  #takesForDurable(life: QuorumLife, world: World<QuorumLife>): void {
    const { core, disk } = life;
    disk.settle(world.nowMs);
    const { durableIndex } = core;
    if (durableIndex > core.lastIndex || differ(termAt(life, durableIndex), disk.termAt(durableIndex)))
      throw new Violation(
        durable,
        `${life.label} takes ${durableIndex} for durable; its log ends at ${core.lastIndex}, its disk at ${disk.lastIndex}`,
      );
  }

  #commits(life: QuorumLife, upTo: number, effects: Step<QuorumLife>['effects'], world: World<QuorumLife>): void {
    if (upTo <= this.#committedIn(life).index) return;
    const term = termAt(life, upTo);
    if (life.core.role === 'leader' && differ(term, life.core.hardState.term))
      throw new Violation(ownTerm, `${life.label} commits ${upTo} of term ${term} (Raft §5.4.2, figure 8)`);
    const configuration = configurationBefore(life, effects);
    if (term !== undefined && !isQuorum(configuration, (id) => holds(world.lifeOf(id)?.disk, upTo, term, world.nowMs)))
      throw new Violation(held, `${life.label} commits ${upTo} of term ${term}, which no quorum holds`);
    this.#committed.set(life.log, { index: upTo, term });
  }

  #committedIn(life: QuorumLife): Certain {
    return this.#committed.get(life.log) ?? { index: this.#ledger.begunWith(life), term: undefined };
  }

  #leads(life: QuorumLife): void {
    const { core } = life;
    const { index, term } = this.#committedIn(life);
    const own = termAt(life, index);
    if (core.lastIndex < index || differ(own, term))
      throw new Violation(complete, `${life.label} leads without entry ${index} of term ${term}: it has ${own}`);
  }

  /** An answer of an earlier term that had to wait may be overtaken by what replaced it: whoever votes since knew both. */
  #holds(life: QuorumLife, { term, match }: AppendReply, world: World<QuorumLife>): void {
    if (term < life.core.hardState.term) return;
    life.disk.settle(world.nowMs);
    if (life.disk.lastIndex < match)
      throw new Violation(
        told,
        `${life.label} says that it holds ${match}, and its disk ends at ${life.disk.lastIndex}`,
      );
  }
}

/** A change that is proposed in the same event, after it has committed the last one, does not count yet. */
function configurationBefore({ core }: QuorumLife, effects: Step<QuorumLife>['effects']): Configuration {
  const { configuration } = core;
  if (configuration.halves.length === 1) return configuration;
  const isNew = effects.some((effect) => effect.type === 'configuration' && effect.configuration === configuration);
  return isNew ? { ...configuration, halves: configuration.halves.slice(0, 1) } : configuration;
}

function holds(disk: SimulatedDisk | undefined, index: number, term: number, nowMs: number): boolean {
  if (disk === undefined) return false;
  disk.settle(nowMs);
  return disk.termAt(index) === term || (disk.snapshot?.index ?? 0) >= index;
}

/** `undefined`: compacted, or not there. */
function termAt({ core }: QuorumLife, index: number): number | undefined {
  return core.entry(index)?.term ?? (core.snapshot?.index === index ? core.snapshot.term : undefined);
}

function differ(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function same(one: Entry, other: Entry): boolean {
  if (one === other) return true;
  if (one.type === 'empty' && other.type === 'empty') return one.term === other.term;
  if (one.type !== 'value' || other.type !== 'value') return isDeepStrictEqual(one, other);
  const { term, session, sequence, value } = other;
  return one.term === term && one.session === session && one.sequence === sequence && one.value === value;
}
