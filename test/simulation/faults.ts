import { mix, unit } from './random.ts';
import type { Fault } from './schedule.ts';
import type { Seat, Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** Takes back a fault that is going on. */
type End = () => void;

/** More than so many values in one go would only take long. */
const maxWork = 100;

/** Makes the faults of a schedule happen, and ends those that have an end. */
export class Faults {
  readonly #world: World<Tenant>;
  /** Faults that go on and that end with the time of faults. */
  readonly #passing = new Set<End>();
  #published = 0;

  constructor(world: World<Tenant>) {
    this.#world = world;
  }

  begin(fault: Fault): void {
    const end = this.#apply(fault);
    if (end === undefined || !('forMs' in fault) || fault.forMs === null) return;
    this.#passing.add(end);
    this.#world.at(this.#world.nowMs + fault.forMs, () => this.#end(end));
  }

  /** Ends all that has an end. */
  settle(): void {
    for (const end of this.#passing) this.#end(end);
  }

  /** Cuts groups of seats from each other. */
  part(groups: readonly (readonly number[])[]): End {
    const ends: End[] = [];
    for (const from of groups) for (const to of groups) if (from !== to) ends.push(this.#cut(from, to));
    return () => ends.forEach((end) => end());
  }

  /** Publishes something new by each member that leads, or by one, which may not lead. */
  publish(by: number | null): void {
    for (const life of this.#speakers(by))
      life.take({ type: 'publish', value: { by: life.label, number: ++this.#published } });
  }

  #end(end: End): void {
    if (this.#passing.delete(end)) end();
  }

  #apply(fault: Fault): End | undefined {
    const world = this.#world;
    switch (fault.type) {
      case 'join':
        world.seats[fault.seat]!.priority = fault.priority;
        return void world.takeSeat(fault.seat);
      case 'crash':
        if (fault.forgets === true) world.seats[fault.seat]!.life?.forget();
        return void this.#crash(fault.seat, fault.backAfterMs);
      case 'leave':
        return void this.#leave(fault.seat, fault.backAfterMs);
      case 'pause':
        return this.#pause(fault.seat, fault.sleeps);
      case 'stun': {
        const heir = world.seats.find(({ life }) => life?.responsive === true && life.isHeir());
        return heir && this.#pause(heir.index, fault.sleeps);
      }
      case 'throttle':
        return this.#throttle(world.seats[fault.seat]!, fault.everyMs, fault.forMs);
      case 'jump':
        return void world.seats[fault.seat]!.clock.jump(fault.wallMs);
      case 'visible':
        world.seats[fault.seat]!.visible = fault.visible;
        return void this.#running(fault.seat)?.take({ type: 'visible', visible: fault.visible });
      case 'priority':
        world.seats[fault.seat]!.priority = fault.priority;
        return void this.#running(fault.seat)?.take({ type: 'priority', priority: fault.priority });
      case 'publish':
        return void this.publish(fault.by);
      case 'transfer': {
        const to = fault.to === null ? undefined : this.#running(fault.to)?.id;
        for (const life of this.#speakers(fault.by)) life.take({ type: 'transfer', to });
        return undefined;
      }
      case 'cut':
        return this.#cut(fault.from, fault.to);
      case 'partition':
        return this.part(fault.groups);
      case 'clog':
        this.#ways(fault.from, fault.to, (from, to) => world.network.clog(from, to));
        return () => this.#ways(fault.from, fault.to, (from, to) => world.network.unclog(from, to));
      case 'weather':
        this.#ways(fault.from, fault.to, (from, to) => world.network.addWeather(from, to, fault));
        return () => this.#ways(fault.from, fault.to, (from, to) => world.network.removeWeather(from, to, fault));
      case 'reset':
        return void this.#pair(fault.a, fault.b, (a, b) => world.network.reset(a, b));
      case 'hint':
        return void this.#pair(fault.seat, fault.about, (life, about) => life.take({ type: 'hint', peer: about.id }));
      case 'blind':
        world.discovery.blind(fault.seat);
        return () => world.discovery.see(fault.seat);
      case 'repeat': {
        const life = this.#running(fault.seat);
        if (life !== null) world.discovery.repeat(life);
        return undefined;
      }
      case 'isolate':
        return this.#isolate(fault.linked);
      case 'behead': {
        const leader = this.#leader();
        return leader === null ? undefined : void this.#crash(leader.seat.index, fault.backAfterMs);
      }
      case 'disk':
        return this.#slowDisk(fault.seat === null ? this.#leader()?.seat : world.seats[fault.seat], fault.lateMs);
      case 'busy':
        return this.#busy(world.seats[fault.seat]!, fault.lateMs);
      case 'theft':
        return void this.#running(fault.seat)?.rob();
      case 'keeper':
        return this.#slowKeeper(world.seats[fault.seat]!, fault);
      case 'imposture':
        return void this.#pair(fault.from, fault.to, (liar, life) => life.deceive(liar));
      case 'foreign':
        return world.lives.at(-1)?.meetStranger();
      case 'campaign':
        return void this.#running(fault.seat)?.take({ type: 'campaign' });
      case 'rivalry':
        return this.#campaignInTurn(fault.everyMs);
      case 'flattery':
        world.seats[fault.seat]!.flatterers++;
        return () => void world.seats[fault.seat]!.flatterers--;
      case 'handovers':
        return this.#handOver(fault.everyMs);
      case 'work':
        return this.#work(fault);
      case 'talk':
        return this.#repeat(fault.everyMs, () => {
          const life = this.#running(fault.seat);
          if (life?.responsive === true) life.take({ type: 'talk', bytes: fault.bytes });
          return true;
        });
      case 'drop':
      case 'stall':
      case 'sever':
      case 'outage':
      case 'fill':
      case 'blips':
        return world.discovery.disturb?.(fault);
      case 'garbage':
        return void this.#pair(fault.from, fault.to, (from, to) => world.network.garbage(from, to, fault.kind));
      case 'lie':
        return void this.#pair(fault.from, fault.to, (from, to) => world.network.lie(from, to));
      case 'replay':
        return void this.#pair(fault.from, fault.to, (from, to) => world.network.replay(from, to));
    }
  }

  #crash(seat: number, backAfterMs: number | null): void {
    const life = this.#world.leaveSeat(seat);
    if (life === null) return;
    life.crash();
    this.#world.discovery.lost(life);
    this.#comeBack(seat, backAfterMs);
  }

  #leave(seat: number, backAfterMs: number | null): void {
    const life = this.#running(seat);
    if (life === null || life.paused) return;
    life.take({ type: 'leave' });
    this.#world.leaveSeat(seat);
    this.#world.discovery.goodbye(life);
    this.#comeBack(seat, backAfterMs);
  }

  #comeBack(seat: number, afterMs: number | null): void {
    if (afterMs === null) return;
    const { nowMs, schedule } = this.#world;
    // Nobody comes once the time of faults is over.
    this.#world.at(Math.max(nowMs, Math.min(nowMs + afterMs, schedule.faultsMs)), () => this.#world.takeSeat(seat));
  }

  #pause(seat: number, sleeps: boolean): End | undefined {
    const life = this.#running(seat);
    if (life === null || life.paused) return undefined;
    life.pause(sleeps);
    return () => life.resume();
  }

  #throttle(seat: Seat, everyMs: number, forMs: number): End {
    const { nowMs, schedule } = this.#world;
    seat.timersEveryMs = everyMs;
    seat.timersFreeAtMs = Math.min(nowMs + forMs, schedule.faultsMs);
    return () => void (seat.timersEveryMs = 0);
  }

  #slowDisk(seat: Seat | undefined, lateMs: number): End | undefined {
    if (seat === undefined) return undefined;
    seat.diskLateMs += lateMs;
    return () => void (seat.diskLateMs -= lateMs);
  }

  #busy(seat: Seat, lateMs: number): End {
    seat.timersLateMs += lateMs;
    return () => void (seat.timersLateMs -= lateMs);
  }

  #slowKeeper(seat: Seat, { toMs, fromMs }: Extract<Fault, { type: 'keeper' }>): End {
    seat.toKeeperLateMs += toMs;
    seat.fromKeeperLateMs += fromMs;
    return () => {
      seat.toKeeperLateMs -= toMs;
      seat.fromKeeperLateMs -= fromMs;
    };
  }

  /** Appends and reads, by whoever has the seat, as long as it is awake. */
  #work({ atMs, seat, everyMs, reads, batch }: Extract<Fault, { type: 'work' }>): End {
    const world = this.#world;
    let count = 0;
    return this.#repeat(everyMs, () => {
      const life = seat === null ? this.#leader() : this.#running(seat);
      if (life?.responsive === true) {
        const isRead = unit(mix(world.draw(seat ?? 999, atMs), ++count)) < reads;
        life.take(isRead ? { type: 'read' } : { type: 'append', count: batch });
      }
      return count * batch <= maxWork;
    });
  }

  #campaignInTurn(everyMs: number): End {
    const { seats } = this.#world;
    let turn = 0;
    return this.#repeat(everyMs, () => {
      this.#running(turn++ % seats.length)?.take({ type: 'campaign' });
      return true;
    });
  }

  #handOver(everyMs: number): End {
    return this.#repeat(everyMs, () => {
      this.#leader()?.take({ type: 'transfer', to: undefined });
      return true;
    });
  }

  /** Until it ends, or `run` returns false. */
  #repeat(everyMs: number, run: () => boolean): End {
    const world = this.#world;
    let isOver = false;
    const next = (): void => {
      if (isOver || !run()) return;
      world.at(world.nowMs + everyMs, next);
    };
    next();
    return () => void (isOver = true);
  }

  #cut(from: readonly number[], to: readonly number[]): End {
    this.#ways(from, to, (one, other) => this.#world.network.cut(one, other));
    return () => this.#ways(from, to, (one, other) => this.#world.network.mend(one, other));
  }

  #ways(from: readonly number[], to: readonly number[], run: (from: number, to: number) => void): void {
    for (const one of from) for (const other of to) if (one !== other) run(one, other);
  }

  #speakers(by: number | null): Tenant[] {
    const lives = by === null ? this.#world.lives : [this.#running(by)];
    return lives.filter((life): life is Tenant => life !== null && life.responsive && (by !== null || life.isLeader()));
  }

  #leader(): Tenant | null {
    for (const { life } of this.#world.seats) if (life?.responsive === true && life.isLeader()) return life;
    return null;
  }

  #isolate(linked: number): End | undefined {
    const leader = this.#leader();
    if (leader === null) return undefined;
    const { index } = leader.seat;
    const others = this.#world.seats.map((seat) => seat.index).filter((seat) => seat !== index);
    return this.part([[index], others.slice(linked)]);
  }

  #running(seat: number): Tenant | null {
    const { life } = this.#world.seats[seat]!;
    return life?.state === 'running' ? life : null;
  }

  #pair(a: number, b: number, run: (a: Tenant, b: Tenant) => void): void {
    const one = this.#running(a);
    const other = this.#running(b);
    if (one !== null && other !== null && one !== other) run(one, other);
  }
}
