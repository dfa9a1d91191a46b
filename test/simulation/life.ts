import { Clocks } from '../../src/driver/clocks.ts';
import type { AnyElector, Election, ElectionEffect } from '../../src/electors/elector.ts';
import { startElection } from './start-election.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { simulatedPlatform } from './platform.ts';
import { Tenant } from './tenant.ts';
import type { LifeEvent, Seat } from './tenant.ts';
import type { WebEffect } from './web/effects.ts';
import type { Cast, World } from './world.ts';

export type { LifeEvent } from './tenant.ts';

/** What a member does: what its election does, the timers that it sets, and what else is noted of it (`web`). */
export type Effect = ElectionEffect | { readonly type: 'timer'; readonly delayMs: number } | WebEffect;

/** Lives that run this elector. */
export function electing(elector: AnyElector): Cast['bear'] {
  return (world, seat, index) => new Life(world, seat, index, elector);
}

/** A life that runs an elector as the facade does: the real elector, core and driver, on this seat's clocks. */
export class Life extends Tenant<Effect> {
  election: Election | null = null;
  /** As it last said. */
  reachable: ReadonlySet<string> = new Set();
  readonly #elector: AnyElector;

  constructor(world: World<Tenant>, seat: Seat, index: number, elector: AnyElector) {
    super(world, seat, index, world.idOf(seat.index, seat.lives));
    this.#elector = elector;
  }

  isLeader(): boolean {
    return this.election!.isLeader();
  }

  protected close(): void {
    this.election?.close();
  }

  protected apply(event: LifeEvent): void {
    if (event.type === 'start') {
      this.election = this.#begin();
      return;
    }
    if (event.type === 'timer' || event.type === 'durable') return event.run();
    const election = this.election;
    if (election === null || this.state === 'left') return;
    switch (event.type) {
      case 'resumed':
      case 'append':
      case 'read':
      case 'campaign':
      case 'snapshot':
      case 'heard':
      case 'talk':
        return;
      case 'message':
        return election.feed({ type: 'message', from: event.from, message: event.message });
      case 'members':
        return election.feed({ type: 'members', peers: [...event.peers] });
      case 'transfer':
        if (!election.canTransfer(event.to)) return;
        return election.feed({ type: 'transfer', ...(event.to !== undefined && { to: event.to }) });
      case 'leave':
        election.leave();
        this.state = 'left';
        return;
      default:
        return election.feed(event);
    }
  }

  /** What it runs on. */
  protected platform(): Platform {
    return simulatedPlatform(this, (delayMs) => this.did({ type: 'timer', delayMs }));
  }

  /** The work takes its time to settle. */
  #handOver(to: string): void {
    const { world, index } = this;
    world.at(world.nowMs + (world.draw(index, 72) % 1_000), () => this.take({ type: 'transfer', to }));
  }

  #begin(): Election {
    const { seat, world } = this;
    const platform = this.platform();
    return startElection(this.#elector, {
      self: this.id,
      room: 'room',
      platform,
      clocks: new Clocks(platform.clock),
      priority: seat.priority,
      minMembers: world.schedule.minMembers,
      apply: (effect) => {
        if (effect.type === 'reachable') this.reachable = new Set(effect.peers);
        this.did(effect);
        if (effect.type === 'outranked') this.#handOver(effect.by);
        if (effect.type === 'send') world.network.send(this, effect.to, effect.message);
      },
    });
  }
}
