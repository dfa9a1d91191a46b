import type { Election, ElectionEvents, Elector, Leadership } from '../../src/electors/elector.ts';
import type { Json } from '../../src/protocol/json.ts';
import { simulatedPlatform } from './platform.ts';
import { Tenant } from './tenant.ts';
import type { LifeEvent, Seat } from './tenant.ts';
import type { Cast, World } from './world.ts';

export type { LifeEvent } from './tenant.ts';

type Arguments<Name extends keyof ElectionEvents> = Parameters<ElectionEvents[Name]>;

/** What a member does: the calls of `ElectionEvents`, and the timers that it sets. */
export type Effect =
  | { readonly type: 'send'; readonly to: string; readonly message: Json }
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  | { readonly type: 'reachable'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'paths'; readonly peers: ReadonlySet<string> }
  | { readonly type: 'published'; readonly value: Json | undefined }
  | {
      readonly type: 'conflict';
      readonly winner: Arguments<'onConflict'>[0];
      readonly loser: Arguments<'onConflict'>[1];
    }
  | { readonly type: 'bad-message'; readonly from: string; readonly reason: string }
  | { readonly type: 'timer'; readonly delayMs: number };

/** Lives that run this elector. */
export function electing(elector: Elector): Cast['bear'] {
  return (world, seat, index) => new Life(world, seat, index, elector);
}

/** A life that runs an elector as the facade does: the real elector, core and driver, on this seat's clocks. */
export class Life extends Tenant<Effect> {
  election: Election | null = null;
  /** As it last said. */
  reachable: ReadonlySet<string> = new Set();
  readonly #elector: Elector;

  constructor(world: World<Tenant>, seat: Seat, index: number, elector: Elector) {
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
    if (event.type === 'timer') return event.run();
    const election = this.election;
    if (election === null || this.state === 'left') return;
    switch (event.type) {
      case 'message':
        return election.message(event.from, event.message);
      case 'members':
        return election.setMembers(event.peers);
      case 'departed':
        return election.departed(event.peer);
      case 'hint':
        return election.hint(event.peer);
      case 'reset':
        return election.sessionReset(event.peer);
      case 'visible':
        return election.setVisible(event.visible);
      case 'priority':
        return election.setPriority(event.priority);
      case 'publish':
        return election.publish(event.value);
      case 'transfer':
        return void election.transfer(event.to);
      case 'leave':
        election.leave();
        this.state = 'left';
    }
  }

  #begin(): Election {
    const { seat, world } = this;
    return this.#elector.start({
      self: this.id,
      platform: simulatedPlatform(this, (delayMs) => this.did({ type: 'timer', delayMs })),
      priority: seat.priority,
      minMembers: world.schedule.minMembers,
      events: {
        send: (to, message) => {
          this.did({ type: 'send', to, message });
          world.network.send(this, to, message);
        },
        wantPaths: (peers) => this.did({ type: 'paths', peers }),
        onLeader: (leader) => this.did({ type: 'leader', leader }),
        onReachable: (peers) => {
          this.reachable = peers;
          this.did({ type: 'reachable', peers });
        },
        onPublished: (value) => this.did({ type: 'published', value }),
        onConflict: (winner, loser) => this.did({ type: 'conflict', winner, loser }),
        onBadMessage: (from, reason) => this.did({ type: 'bad-message', from, reason }),
      },
    });
  }
}
