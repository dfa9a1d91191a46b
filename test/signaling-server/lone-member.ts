import { foundedBy } from '../../src/core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../../src/core/quorum/events.ts';
import { Raft } from '../../src/core/quorum/raft.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { persistenceIn } from '../../src/driver/durable.ts';
import { PersistingDriver } from '../../src/driver/persisting-driver.ts';
import type { Platform } from '../../src/platform/platform.ts';
import type { QuorumCharter } from '../../src/protocol/charter.ts';
import type { Json } from '../../src/protocol/json.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import { PieceAssembler, Pieces } from '../../src/protocol/pieces.ts';
import { ports, type RelayEntry } from '../../src/protocol/relay-frame.ts';

type View = Extract<ServerMessage, { readonly type: 'view' }>;

export interface LoneMemberOptions {
  readonly id: string;
  readonly room: string;
  readonly charter: QuorumCharter;
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly seed: number;
  /** For single use: each connection to the server has its own. */
  readonly channel?: number;
}

/** How it reaches the server at present. */
export interface Line {
  say(message: ClientMessage): void;
  relay(entry: RelayEntry): void;
}

const maxPieceBytes = 2000;

/**
 * A member of `quorum()` whose only company is the server and its witness: a core, fed by hand with what the server says.
 * So the server is seen by a member that does nothing of its own to make up for it.
 */
export class LoneMember {
  readonly id: string;
  view: View | null = null;
  core: Raft | null = null;
  /** All values, in order. */
  readonly committed: string[] = [];
  /** Its application writes down its state whenever it is asked to. Else it never gets to it. */
  isTidy = false;
  #appended = 0;
  readonly #options: LoneMemberOptions;
  readonly #clocks: Clocks;
  #driver: PersistingDriver<RaftEvent, RaftEffect> | null = null;
  #line: Line | null = null;
  #resume: string | undefined;
  readonly #pieces = new Pieces();
  #assembler = new PieceAssembler(1e7);

  constructor(options: LoneMemberOptions) {
    this.id = options.id;
    this.#options = options;
    this.#clocks = new Clocks(options.platform.clock);
  }

  get isLeading(): boolean {
    return this.core?.isLeader(this.#clocks.now()) === true;
  }

  get term(): number {
    return this.core?.hardState.term ?? 0;
  }

  /** Over a new connection; with the secret of the one before, if there was one at the same server. */
  join(line: Line): void {
    const { room, charter, channel = 0 } = this.#options;
    this.#line = line;
    this.#assembler = new PieceAssembler(1e7);
    const epoch = this.core === null ? undefined : this.view?.epoch;
    const member = { channel, room, id: this.id, info: null, host: this.id };
    const agreed = { elector: 'quorum', quorum: charter } as const;
    line.say({ type: 'join', ...member, charter: agreed, epoch, resume: this.#resume });
  }

  /** The server is gone, and knows no secret of its own any more. */
  lose(): void {
    this.#line = null;
    this.#resume = undefined;
  }

  hear(message: ServerMessage): void {
    if (message.type === 'welcome') this.#resume = message.resume;
    else if (message.type === 'view') this.#see(message);
    else if (message.type === 'ask-pledge') this.#driver?.feed({ type: 'pledge' });
  }

  relayed(entries: readonly RelayEntry[]): void {
    for (const { peer, port, payload } of entries) {
      if (port !== ports.witness) continue;
      const assembled = this.#assembler.take(payload);
      if (assembled.type === 'message') this.#driver?.feed({ type: 'message', from: peer, message: assembled.message });
    }
  }

  append(...values: readonly string[]): void {
    this.#driver?.feed({ type: 'append', first: this.#appended + 1, values });
    this.#appended += values.length;
  }

  /** What a member that knows no leader says every 3 s. */
  sayStanding(): void {
    const standing = this.core?.standing(this.#clocks.now()) ?? null;
    const epoch = this.view?.epoch ?? 0;
    if (standing) this.#line?.say({ type: 'standing', channel: this.#options.channel ?? 0, epoch, standing });
  }

  goodbye(): void {
    this.#driver?.close({ type: 'leave' });
    const standing = this.core?.standing(this.#clocks.now()) ?? null;
    const pledge = standing && { epoch: this.view?.epoch ?? 0, standing };
    this.#line?.say({ type: 'leave', channel: this.#options.channel ?? 0, ...(pledge && { pledge }) });
  }

  /** Without a word. */
  stop(): void {
    this.#driver?.close();
    this.#line = null;
  }

  /** In a later epoch it goes on only if that continues its own, if it founds that, or has pledged: any other would come anew. */
  #see(view: View): void {
    const { core, view: before } = this;
    this.view = view;
    const epoch = core === null ? 0 : (before?.epoch ?? 0);
    const isFounder = view.founder === this.id;
    if (view.epoch <= epoch) return;
    this.#driver?.close({ type: 'give-up' });
    if (core !== null && view.continues !== epoch && !isFounder && !core.isPledged) return;
    const { maxVoters, minLeaseMs, maxLeaseMs } = this.#options.charter;
    this.core = new Raft({
      ...{ id: this.id, epoch: view.epoch, maxVoters, limits: { minLeaseMs, maxLeaseMs } },
      seed: this.#options.seed + view.epoch,
      ...(isFounder && { founding: foundedBy([this.id], view.witness) }),
      ...(core && { stored: core.state(), applied: core.commitIndex }),
    });
    this.#driver = this.#drive(this.core);
    this.#driver.feed({ type: 'tick' });
  }

  #drive(core: Raft): PersistingDriver<RaftEvent, RaftEffect> {
    return new PersistingDriver<RaftEvent, RaftEffect>({
      ...{ core, tick: { type: 'tick' }, clocks: this.#clocks, timers: this.#options.platform.timers },
      persistence: persistenceIn(null, () => {}),
      send: (to, message) => this.#send(to, message as Json),
      apply: (effect) => {
        if (effect.type === 'commit') this.committed.push(...effect.entries.map(({ value }) => value));
        if (effect.type === 'snapshot-wanted' && this.isTidy) this.#writeDown(effect.index);
        if (effect.type !== 'pledged') return;
        const said = { channel: this.#options.channel ?? 0, epoch: this.view?.epoch ?? 0, standing: effect.standing };
        this.#line?.say({ type: 'pledge', ...said });
      },
    });
  }

  #writeDown(index: number): void {
    this.#driver?.feed({ type: 'snapshot', index, data: String(this.committed.length) });
  }

  /** Whatever it is: the core has no part in it. */
  tellWitness(message: Json): void {
    this.#send(this.view?.witness ?? '', message);
  }

  #send(to: string, message: Json): void {
    if (to !== this.view?.witness) return;
    for (const payload of this.#pieces.split(message, maxPieceBytes)) {
      this.#line?.relay({ peer: to, port: ports.witness, payload });
    }
  }
}
