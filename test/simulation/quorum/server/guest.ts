import type { Claim } from '../../../../src/core/founding/events.ts';
import type { Group, Pledge } from '../../../../src/core/founding/group.ts';
import type { Standing } from '../../../../src/core/quorum/state.ts';
import type { LifeEvent } from '../../tenant.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';
import type { House } from './house.ts';
import type { Line } from './line.ts';
import type { Down } from './messages.ts';

type View = Extract<Down, { type: 'view' }>;

/** Without a leader for so long, a member says how it stands; and again after as much. */
const standingEveryMs = 3_000;
/** So long after its pledge, in contact with the server, it expects no later epoch any more. */
const hopeMs = 20_000;
/** Of its charter: after so much of it somebody may have founded a later epoch. */
const lapsedShare = 0.95;

/** What a member does with the server: comes back, asks, stands, pledges, and goes from one epoch to the next. */
export class Guest {
  readonly life: QuorumLife;
  readonly #house: House;
  readonly #world: World<QuorumLife>;
  #line: Line | null = null;
  /** The highest that was ever seen. */
  #epoch = 0;
  /** This line has shown a view, of no epoch before that. */
  #isCurrent = false;
  /** On the fast clock: when it asked last what is not answered yet, and what was answered before `isCurrent`. */
  #asked: { readonly number: number; readonly at: number } | null = null;
  #answered: number | null = null;
  #contactAt: number | null = null;
  #pings = 0;
  #heardMs = 0;
  #pledge: Pledge | null = null;
  #pledgedAt = 0;
  #standAtMs = Infinity;
  #isOver = false;

  constructor(life: QuorumLife, house: House) {
    this.life = life;
    this.#house = house;
    this.#world = life.world as World<QuorumLife>;
    life.onPledged = (standing) => this.#pledged(standing);
    this.#beat();
  }

  /** It left or crashed. */
  end(): void {
    this.#isOver = true;
  }

  /** It leaves, and says so if it can. */
  goodbye(): void {
    const { life } = this;
    const standing = life.core.standing(life.clocks.now());
    if (standing !== null) this.#line?.up({ type: 'goodbye', pledge: { epoch: life.epoch, standing } });
    this.#isOver = true;
  }

  get line(): Line | null {
    return this.#line;
  }

  receive(line: Line, message: Down): void {
    this.#happens('heard', `the server's ${message.type}`, () => {
      if (line === this.#line) this.#hear(line, message);
    });
  }

  /** It is told that nothing passes any more. */
  lose(line: Line): void {
    this.#happens('heard', 'the end of its line', () => {
      if (line === this.#line) this.#hangUp();
    });
  }

  #happens(type: 'heard' | 'timer', what: string, act: () => void): void {
    const { life } = this;
    const run = (): void => {
      if (!this.#isOver) act();
    };
    const event: LifeEvent = type === 'heard' ? { type, what, run } : { type, run };
    if (life.state === 'running') life.take(event);
    else if (life.state === 'starting' && !life.paused) run();
  }

  #beat(): void {
    const { nowMs } = this.#world;
    if (this.#isOver || this.life.state === 'crashed') return;
    if (!this.life.paused) this.#happens('timer', '', () => this.#onTime());
    this.#world.at(nowMs + this.#house.options.pingMs, () => this.#beat());
  }

  #onTime(): void {
    const { nowMs } = this.#world;
    const { pingMs } = this.#house.options;
    if (this.#line !== null && nowMs - this.#heardMs > 3 * pingMs) this.#hangUp();
    if (this.#line === null) return this.#call();
    this.#ask();
    this.#line.up({ type: 'ping', number: this.#pings });
    this.#stand(this.#line);
  }

  #call(): void {
    this.#line = this.#house.open(this);
    if (this.#line === null) return;
    this.#heardMs = this.#world.nowMs;
    this.#isCurrent = false;
    this.#ask();
    this.#line.up({ type: 'join', claim: this.#claim() });
  }

  #hangUp(): void {
    this.#line?.break(null);
    this.#line = null;
    this.#asked = null;
    this.#answered = null;
  }

  #ask(): void {
    this.#asked = { number: ++this.#pings, at: this.life.clocks.now().fast };
  }

  #claim(): Claim | undefined {
    if (this.#epoch === 0) return undefined;
    const { charterMs } = this.#house.options;
    const isKnown = this.#contactAt !== null;
    const lapsed = !isKnown || this.life.clocks.now().fast - this.#contactAt! >= charterMs * lapsedShare;
    return { epoch: this.#epoch, lapsed };
  }

  #hear(line: Line, message: Down): void {
    this.#heardMs = this.#world.nowMs;
    switch (message.type) {
      case 'welcome':
        return this.#noteAnswer();
      case 'pong':
        return message.number === this.#asked?.number ? this.#noteAnswer() : undefined;
      case 'refused':
        return this.#supersede();
      case 'view':
        return this.#see(message);
      case 'ask-pledge':
        return this.#askedToPledge(line, message.epoch);
    }
  }

  /** Contact is with the group that it belongs to: whoever comes back has to see first that there is no later one. */
  #noteAnswer(): void {
    if (this.#asked !== null) this.#answered = this.#asked.at;
    this.#asked = null;
    this.#noteContact();
  }

  #noteContact(): void {
    const askedAt = this.#answered;
    if (!this.#isCurrent || askedAt === null) return;
    this.#contactAt = askedAt;
    this.#answered = null;
    if (this.life.state !== 'running') return;
    this.life.feed({ type: 'contact', askedAt });
    if (this.#pledge !== null && askedAt - this.#pledgedAt >= hopeMs) this.#supersede();
  }

  #see(view: View): void {
    const { life } = this;
    const { epoch } = view.group;
    this.#isCurrent = epoch >= this.#epoch;
    this.#epoch = Math.max(this.#epoch, epoch);
    if (life.begins !== null) {
      if (epoch > life.epoch) this.#goOn(view.group);
      if (!this.#isOver) this.#tell(view);
    } else if (epoch > 0) {
      life.begins = this.#house.beginningOf(view.group, life.id);
      this.#standAtMs = this.#world.nowMs + standingEveryMs;
      life.start(new Set());
      this.#happens('heard', 'its first group', () => this.#tell(view));
    }
  }

  #tell({ group, members, bye }: View): void {
    this.#repeat();
    this.#noteContact();
    if (this.life.epoch !== group.epoch || this.#isOver) return;
    for (const peer of bye) this.life.feed({ type: 'departed', peer });
    this.life.hearMembers([...members, ...(group.witness === null ? [] : [group.witness])]);
  }

  /** It goes on if everything committed does; or if it is this log that does, which it pledged with. */
  #goOn(group: Group): void {
    const { life } = this;
    const isOwn = group.founder === life.id && this.#pledge?.epoch === life.epoch;
    if (group.continues?.epoch !== life.epoch && !isOwn) return this.#supersede();
    this.#pledge = null;
    this.#standAtMs = this.#world.nowMs + standingEveryMs;
    life.goOn(this.#house.beginningOf(group, life.id));
  }

  /** What it knows already, to another core. */
  #repeat(): void {
    if (this.#contactAt !== null) this.life.feed({ type: 'contact', askedAt: this.#contactAt });
  }

  #askedToPledge(line: Line, epoch: number): void {
    if (this.#pledge?.epoch === epoch) line.up({ type: 'pledge', said: this.#pledge });
    else if (this.life.state === 'running' && this.life.epoch === epoch) this.life.feed({ type: 'pledge' });
  }

  #pledged(standing: Standing): void {
    this.#pledge = { epoch: this.life.epoch, standing };
    this.#pledgedAt = this.life.clocks.now().fast;
    this.#line?.up({ type: 'pledge', said: this.#pledge });
  }

  /** As long as it knows no leader, and as long as it waits for what follows on its pledge. */
  #stand(line: Line): void {
    const { life } = this;
    const { nowMs } = this.#world;
    const isLed = life.state !== 'running' || (this.#pledge === null && life.core.leader() !== null);
    if (isLed) this.#standAtMs = nowMs + standingEveryMs;
    if (nowMs < this.#standAtMs) return;
    this.#standAtMs = nowMs + standingEveryMs;
    const standing = life.core.standing(life.clocks.now());
    const said = this.#pledge ?? (standing === null ? null : { epoch: life.epoch, standing });
    if (said !== null) line.up({ type: 'standing', said });
  }

  /** It goes on as a new member, under a fresh id. */
  #supersede(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hangUp();
    this.#world.at(this.#world.nowMs, () => this.#house.supersede(this.life));
  }
}
