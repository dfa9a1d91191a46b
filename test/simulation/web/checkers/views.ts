import type { PeerId } from '../../../../src/protocol/ids.ts';
import { parseServerMessage } from '../../../../src/protocol/server-message.ts';
import type { ServerMessage } from '../../../../src/protocol/messages.ts';
import type { View, ViewChange } from '../../../../src/discovery/discovery.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Tenant } from '../../tenant.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';
import type { Epochs } from '../epochs.ts';
import type { Said } from '../process.ts';

type ViewMessage = Extract<ServerMessage, { readonly type: 'view' }>;

/** For so long after it is back online a member keeps whom a server without memory does not know yet. */
const keepMs = 45_000;

/** What one member was shown. */
interface Shown {
  readonly view: View;
  /** Since when it has been online, by true time. */
  onlineMs: number;
}

/**
 * The views of a room, as the server told them: each is what came before and what changed, whoever is told of it. And each
 * member shows its own in that order, and misses nobody in them but whom the server gave up, or let go.
 */
export class Views implements Checker<WebLife> {
  readonly promise = 'D2: views are totally ordered, and a new era only adds';
  /** By era and number: who is in it. */
  readonly #told = new Map<string, ReadonlySet<PeerId>>();
  /** Frames of views that are not complete, by who is told. */
  readonly #parts = new Map<Tenant, ViewMessage[]>();
  readonly #shown = new Map<WebLife, Shown>();
  readonly #onlineMs = new Map<WebLife, number>();
  readonly #epochs: Epochs;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  /** In the order in which the server said it. */
  said(said: readonly Said[], world: World<Tenant>): void {
    for (const { to, text } of said) {
      const message = parseServerMessage(text);
      if (message.type === 'welcome') this.#parts.delete(to);
      if (message.type === 'hint') this.#checkHint(message.id, world);
      if (message.type !== 'view') continue;
      const parts = [...(this.#parts.get(to) ?? []), message];
      this.#parts.set(to, parts);
      if (message.more) continue;
      this.#parts.delete(to);
      this.#tell(parts, world);
    }
  }

  observe({ life, effects }: Step<WebLife>, world: World<WebLife>): void {
    for (const effect of effects) {
      if (effect.type === 'named') this.#shown.delete(life);
      if (effect.type === 'status' && effect.status === 'online') this.#onlineMs.set(life, world.nowMs);
      if (effect.type === 'view') this.#show(life, effect.view, effect.change, world);
      if (effect.type === 'fed' && effect.event.type === 'departed') this.#checkGoodbye(effect.event.peer, world);
    }
  }

  #tell(parts: readonly ViewMessage[], world: World<Tenant>): void {
    const { era, from, n, epoch, founder, continues } = parts[0]!;
    this.#epochs.learn({ epoch, founder, continues });
    const members = new Set(from === 0 ? [] : this.#told.get(`${era} ${from}`));
    if (from > 0 && !this.#told.has(`${era} ${from}`))
      throw new Violation(this.promise, `the server tells of ${n} from ${from}, which it told nobody of`);
    for (const part of parts) {
      for (const id of part.bye) this.#checkGoodbye(id, world);
      for (const id of [...part.bye, ...part.gone]) members.delete(id);
      for (const { id } of part.members) members.add(id);
    }
    const known = this.#told.get(`${era} ${n}`);
    if (known !== undefined && !same(known, members))
      throw new Violation(this.promise, `the server tells two stories of view ${n}: ${list(known)}; ${list(members)}`);
    this.#told.set(`${era} ${n}`, members);
  }

  #show(life: WebLife, view: View, { bye }: ViewChange, world: World<WebLife>): void {
    const before = this.#shown.get(life)?.view;
    this.#shown.set(life, { view, onlineMs: this.#onlineMs.get(life) ?? 0 });
    const what = `${life.label} shows view ${view.n}`;
    for (const id of bye) this.#checkGoodbye(id, world);
    const told = this.#told.get(`${view.era} ${view.n}`);
    if (told === undefined) throw new Violation(this.promise, `${what} of ${view.era}, which the server never told of`);
    if (before?.era === view.era && view.n < before.n)
      throw new Violation(this.promise, `${what} after view ${before.n}`);
    for (const id of told) if (!view.members.has(id)) throw new Violation(this.promise, `${what} without ${id}`);
    const missing = [...(before?.members.keys() ?? [])].filter((id) => !view.members.has(id));
    if (missing.length > 0) this.#checkMissing(life, { what, before: before!, view, missing, bye }, world);
  }

  /** Whoever is not in it any more: the server told that it is gone, or has not seen it for as long as coming back takes. */
  #checkMissing(
    life: WebLife,
    {
      what,
      before,
      view,
      missing,
      bye,
    }: { what: string; before: View; view: View; missing: string[]; bye: readonly string[] },
    world: World<WebLife>,
  ): void {
    const rest = missing.filter((id) => !bye.includes(id));
    if (before.era !== view.era)
      throw new Violation('D1: a discovery failure is no departure', `${what} of a new era without ${list(rest)}`);
    const toldBefore = this.#told.get(`${before.era} ${before.n}`)!;
    const unknown = rest.filter((id) => !toldBefore.has(id));
    const waitedMs = world.nowMs - this.#onlineMs.get(life)!;
    if (unknown.length > 0 && before.n === view.n && waitedMs < keepMs * 0.99)
      throw new Violation(
        'D1: a discovery failure is no departure',
        `${what} without ${list(unknown)}, ${waitedMs} ms on`,
      );
  }

  #checkGoodbye(id: PeerId, world: World<Tenant>): void {
    const life = world.lifeOf(id);
    if (life?.state !== 'left' && life?.id === id)
      throw new Violation('D1: a discovery failure is no departure', `${life?.label ?? id} is said to have left`);
  }

  #checkHint(id: PeerId, world: World<Tenant>): void {
    if (world.lifeOf(id) === undefined) throw new Violation(this.promise, `a hint names ${id}, who never was`);
  }
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}

function list(ids: Iterable<string>): string {
  return `[${[...ids].join(', ')}]`;
}
