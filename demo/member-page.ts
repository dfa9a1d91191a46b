import type { ClusterState, Snapshot } from 'bellwether';
import type { Address } from './address.ts';
import { openBackstage, type Backstage } from './backstage.ts';
import { bellPath, clapperPath } from './bell.ts';
import { startCounter, type Counter } from './counter.ts';
import { attributes, part, svg, write } from './element.ts';
import { showFavicon } from './favicon.ts';
import { HandoverMeter, type Tick } from './handover.ts';
import { Leaderships } from './leaderships.ts';
import { Log } from './log.ts';
import { metronome } from './metronome.ts';
import { naiveHost, naiveHosts } from './naive.ts';
import { freshName, nameOf, rememberedName, rememberName, tidyName } from './names.ts';
import { conflictInWords, discoveryInWords, leaderInWords, membersInWords, type Sentence } from './narrator.ts';
import { startReports, type Report, type Reports } from './reports.ts';
import { Ring, type PathKind } from './ring.ts';
import { ringLinks, ringMembers } from './scene.ts';
import { openSession, type Session } from './session.ts';
import { startInvitation } from './share.ts';
import { openStage, type Stage } from './stage.ts';
import { drawTimeline, shownMs } from './timeline.ts';
import { capitalised, counted, listed, milliseconds } from './words.ts';

export function showMember(address: Address): void {
  const template = document.querySelector<HTMLTemplateElement>('#member-page');
  if (template) document.body.append(template.content.cloneNode(true));
  document.body.dataset['view'] = address.compact ? 'compact' : 'member';
  new MemberPage(address).open();
}

/** All that lives as long as one membership: from joining to leaving. */
interface Stay extends Session {
  readonly backstage: Backstage;
  readonly stage: Stage;
  readonly counter: Counter;
  readonly reports: Reports;
  readonly meter: HandoverMeter;
  before: Snapshot;
}

/** The page of one member: it joins, leaves and joins again, and shows what its cluster tells. */
class MemberPage {
  readonly #address: Address;
  readonly #ring: Ring;
  readonly #log: Log = new Log(part('log'));
  readonly #leaderships: Leaderships = new Leaderships();
  readonly #names = new Map<string, string>();
  readonly #selected = new Set<string>();
  /** When each member was last seen in reach; newcomers count from when they came. */
  readonly #reachedAtMs = new Map<string, number>();
  #name: string;
  /** Whether the name was drawn by lot: then it gives way to another member of that name. */
  #named: boolean;
  #stay: Stay | null = null;
  #lastTickAtMs = -Infinity;
  #awaitsRender = false;

  constructor(address: Address) {
    this.#address = address;
    const given = tidyName(address.name ?? '') || (address.compact ? '' : tidyName(rememberedName() ?? ''));
    this.#named = address.name !== null && given !== '';
    this.#name = given || freshName(new Set(), Math.random());
    this.#ring = new Ring(part<SVGSVGElement>('ring'), {
      onToggle: (id) => this.#toggle(id),
      onPullApart: (ids) => this.#cutApart(ids),
      onBringBack: () => this.#heal(),
    });
    this.#furnish();
    this.#listen();
  }

  open(): void {
    this.#join();
    metronome(200, () => {
      this.#tell();
      this.#soon();
    });
  }

  #join(): void {
    const session = this.#session();
    if (!session) return;
    const { cluster, scissors } = session;
    const backstage = openBackstage(this.#address.room);
    const stay: Stay = {
      cluster,
      scissors,
      backstage,
      before: cluster.snapshot(),
      meter: new HandoverMeter(),
      reports: startReports(cluster, backstage),
      counter: startCounter(cluster, (tick) => this.#ticked(tick)),
      stage: openStage(cluster, scissors, backstage, {
        onChange: () => this.#stageChanged(),
        onAsked: (to, by) => this.#asked(to, by),
      }),
    };
    this.#stay = stay;
    this.#reachedAtMs.clear();
    this.#selected.clear();
    cluster.on('leader', (event) => this.#led(event));
    cluster.on('discovery', (event) => this.#say(discoveryInWords(event)));
    cluster.on('conflict', (event) => {
      const sentence = conflictInWords(event);
      stay.meter.forget();
      this.#say(sentence);
      write(part('handover-note'), sentence.text);
    });
    cluster.on('error', (error) =>
      this.#say({ kind: 'trouble', text: `${capitalised(error.message)} (${error.code})` }),
    );
    cluster.subscribe(() => this.#soon());
    this.#render();
  }

  /** `null` where the address asks for what there is not; the page says so. */
  #session(): Session | null {
    try {
      return openSession(this.#address, this.#name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#say({ kind: 'trouble', text: reason });
      write(part('leader-name'), 'Nothing');
      write(part('headline'), 'to join at this address');
      write(part('hint'), reason);
      return null;
    }
  }

  async #leave(): Promise<void> {
    const stay = this.#stay;
    if (!stay) return;
    this.#stay = null;
    this.#say({ kind: 'stage', text: 'This page left the room.' });
    stay.stage.end();
    await stay.cluster.leave();
    stay.backstage.close();
    this.#showAbsence();
  }

  // What happens

  #led(event: Parameters<typeof leaderInWords>[0]): void {
    const sentence = leaderInWords(event);
    this.#say(sentence);
    write(part('announcement'), sentence.text);
    this.#soon();
  }

  #ticked(tick: Tick): void {
    const stay = this.#stay;
    if (!stay) return;
    this.#lastTickAtMs = performance.now();
    stay.meter.observe(tick, this.#lastTickAtMs);
    write(part('counter'), String(stay.counter.newest));
    const handover = stay.meter.report();
    if (!handover) return;
    write(
      part('handover-report'),
      `${milliseconds(handover.gapMs)}, ${handover.lost} tick${handover.lost === 1 ? '' : 's'} lost, ${handover.twice} counted twice`,
    );
    write(
      part('handover-note'),
      `From ${this.#nameOf(handover.from)} to ${this.#nameOf(handover.to)}, as seen from this page.`,
    );
  }

  #stageChanged(): void {
    const stay = this.#stay;
    if (!stay) return;
    const { cut, frozen } = stay.stage;
    if (frozen) stay.counter.pause();
    else stay.counter.resume();
    document.body.dataset['frozen'] = String(frozen);
    const text = cut
      ? `Cut off from ${listed([...cut.from].map((id) => this.#nameOf(id)))}.`
      : frozen
        ? 'Frozen: this page neither sends nor hears.'
        : 'All links work again.';
    this.#say({ kind: 'stage', text });
    this.#tell();
    this.#soon();
  }

  #asked(to: string, by: string): void {
    this.#say({ kind: 'stage', text: `${this.#nameOf(by)} asks to hand over to ${this.#nameOf(to)}.` });
    this.#transfer(to);
  }

  #say(sentence: Sentence): void {
    this.#log.add(sentence.kind, sentence.text);
  }

  // What the visitor does

  #listen(): void {
    part('button-handover').addEventListener('click', () => this.#handOver());
    part('button-freeze').addEventListener('click', () => {
      const stage = this.#stay?.stage;
      if (stage?.frozen) stage.thaw();
      else stage?.freeze();
    });
    part('button-leave').addEventListener('click', () => {
      if (this.#stay) void this.#leave();
      else this.#join();
    });
    part('button-cut').addEventListener('click', () => this.#cutApart([...this.#selected]));
    part('button-cut-mine').addEventListener('click', () => this.#cutMine());
    part('button-heal').addEventListener('click', () => this.#heal());
    const name = part<HTMLInputElement>('name');
    name.addEventListener('change', () => this.#rename(tidyName(name.value)));
    name.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') name.blur();
    });
    part('switch-naive').addEventListener('change', () => this.#soon());
    // Out of the back/forward cache the cluster is gone: it said goodbye when the page was hidden.
    addEventListener('pageshow', (event) => {
      if (event.persisted && this.#stay?.cluster.state === 'left') void this.#leave().then(() => this.#join());
    });
  }

  #toggle(id: string): void {
    if (!this.#selected.delete(id)) this.#selected.add(id);
    this.#soon();
  }

  #handOver(): void {
    const cluster = this.#stay?.cluster;
    if (!cluster) return;
    const chosen = this.#chosenSuccessor();
    if (cluster.isLeader) this.#transfer(chosen);
    else this.#stay?.stage.askForBell(chosen ?? cluster.id);
  }

  #transfer(to: string | undefined): void {
    this.#stay?.cluster.transfer(to).catch((error: unknown) => {
      this.#say({ kind: 'trouble', text: error instanceof Error ? error.message : String(error) });
    });
    this.#selected.clear();
  }

  /** The one member that is selected, unless it leads already. */
  #chosenSuccessor(): string | undefined {
    const [only, ...more] = this.#selected;
    return more.length === 0 && only !== this.#stay?.cluster.leader?.id ? only : undefined;
  }

  /** The selected members on one side, the rest on the other; half and half where nothing is selected. */
  #cutApart(ids: readonly string[]): void {
    const stay = this.#stay;
    if (!stay) return;
    const all = [...stay.cluster.members.keys()].toSorted();
    const one = ids.length > 0 && ids.length < all.length ? ids : all.slice(0, Math.floor(all.length / 2));
    const other = all.filter((id) => !one.includes(id));
    if (one.length > 0 && other.length > 0) stay.stage.cutApart(one, other);
    this.#selected.clear();
  }

  #cutMine(): void {
    const stay = this.#stay;
    if (!stay) return;
    const others = [...stay.cluster.members.keys()].filter((id) => id !== stay.cluster.id);
    const chosen = others.filter((id) => this.#selected.has(id));
    stay.stage.cutMine(chosen.length > 0 ? chosen : others);
    this.#selected.clear();
    this.#soon();
  }

  #heal(): void {
    this.#stay?.stage.heal();
  }

  #rename(name: string): void {
    const field = part<HTMLInputElement>('name');
    if (name) {
      this.#name = name;
      this.#named = true;
      rememberName(name);
      this.#stay?.cluster.setInfo({ name });
    }
    field.value = this.#name;
  }

  // What the page shows

  #furnish(): void {
    for (const bell of document.querySelectorAll('.brand-bell')) {
      bell.append(svg('path', { d: bellPath }), svg('path', { d: clapperPath }));
    }
    write(part('room'), this.#address.room);
    part<HTMLInputElement>('name').value = this.#name;
    part<HTMLInputElement>('switch-naive').checked = this.#address.naive;
    if (!this.#address.compact) {
      rememberName(this.#name);
      startInvitation();
    }
  }

  /** Several changes in one task are drawn once; a hidden page gets no animation frames, yet has a title. */
  #soon(): void {
    if (this.#awaitsRender) return;
    this.#awaitsRender = true;
    queueMicrotask(() => {
      this.#awaitsRender = false;
      this.#render();
    });
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? id.slice(0, 6);
  }

  /** Tells the other pages how things look from here. */
  #tell(): void {
    const stay = this.#stay;
    if (!stay || stay.cluster.state === 'left') return;
    stay.reports.tell(this.#report(stay));
  }

  #report(stay: Stay): Report {
    const { id, leader, members } = stay.cluster.snapshot();
    const paths: Record<string, PathKind | null> = {};
    for (const member of members.values()) {
      if (member.path !== 'self') paths[member.id] = member.reachable ? member.path : null;
    }
    return {
      id,
      leader: leader?.id ?? null,
      term: leader?.term ?? null,
      naiveHost: naiveHost(id, stay.reports.heardOverLinks()),
      paths,
      frozen: stay.stage.frozen,
    };
  }

  #render(): void {
    const stay = this.#stay;
    if (!stay) return;
    const snapshot = stay.cluster.snapshot();
    const nowMs = performance.now();
    for (const member of snapshot.members.values()) this.#names.set(member.id, nameOf(member.info, member.id));
    if (snapshot !== stay.before) {
      for (const sentence of membersInWords(stay.before, snapshot)) this.#say(sentence);
      stay.before = snapshot;
    }
    this.#giveWay(snapshot);
    for (const id of this.#selected) if (!snapshot.members.has(id)) this.#selected.delete(id);
    const own = this.#report(stay);
    const heard = stay.reports.heard();
    this.#showStanding(snapshot);
    this.#showLeader(snapshot, [...heard.values()]);
    this.#showTimeline(snapshot, [...heard.values()], nowMs);
    this.#showNaive([own, ...heard.values()]);
    this.#showRing(stay, snapshot, nowMs);
    this.#showActions(stay, snapshot);
  }

  /** Of two members with the same drawn name, the one with the larger id draws again. */
  #giveWay(snapshot: Snapshot): void {
    if (this.#named) return;
    const others = [...snapshot.members.values()].filter((member) => !member.isSelf);
    if (!others.some((member) => nameOf(member.info, member.id) === this.#name && member.id < snapshot.id)) return;
    this.#name = freshName(new Set(others.map((member) => nameOf(member.info, member.id))), Math.random());
    part<HTMLInputElement>('name').value = this.#name;
    rememberName(this.#name);
    this.#stay?.cluster.setInfo({ name: this.#name });
  }

  #showStanding(snapshot: Snapshot): void {
    const state = part('state');
    write(state, snapshot.state);
    attributes(state, { 'data-state': snapshot.state, title: stateInWords[snapshot.state] });
    const discovery = part('discovery');
    write(discovery, `server ${snapshot.discovery}`);
    attributes(discovery, { 'data-discovery': snapshot.discovery });
  }

  #showLeader(snapshot: Snapshot, heard: readonly Report[]): void {
    const { leader, isLeader } = snapshot;
    const name = leader ? nameOf(leader.info, leader.id) : null;
    write(part('leader-name'), name ?? 'Nobody');
    write(part('headline'), snapshot.isLeader ? 'wears the bell: you' : 'wears the bell');
    write(part('term'), leader ? String(leader.term) : '–');
    const id = part('leader-id');
    write(id, leader?.id ?? '–');
    attributes(id, { title: leader?.id ?? null });
    const asked = heard.filter((report) => snapshot.members.get(report.id)?.reachable && !report.frozen);
    const agreeing = asked.filter((report) => report.leader === (leader?.id ?? null)).length + 1;
    const all = asked.length + 1;
    write(
      part('agreement'),
      snapshot.members.size === 1
        ? 'alone so far'
        : agreeing === all
          ? `all ${all} agree`
          : `${agreeing} of ${all} agree`,
    );
    document.title = isLeader
      ? `🔔 ${this.#name} leads`
      : name
        ? `${name} leads · ${this.#name}`
        : `${this.#name} · Bellwether`;
    showFavicon(part<HTMLLinkElement>('favicon'), isLeader ? 'leads' : leader ? 'follows' : 'alone');
    document.body.dataset['ticking'] = String(performance.now() - this.#lastTickAtMs < 1500);
  }

  #showTimeline(snapshot: Snapshot, heard: readonly Report[], nowMs: number): void {
    const { leader } = snapshot;
    if (leader && !this.#stay?.stage.frozen) this.#leaderships.observe(leader.id, leader.term, nowMs, true);
    for (const report of heard) {
      if (report.leader === report.id && report.term !== null && !report.frozen) {
        this.#leaderships.observe(report.id, report.term, nowMs, false);
      }
    }
    drawTimeline(part('timeline'), this.#leaderships.since(nowMs - shownMs), nowMs, (id) => this.#nameOf(id));
  }

  #showNaive(reports: readonly Report[]): void {
    const on = part<HTMLInputElement>('switch-naive').checked;
    part('comparison').hidden = !on;
    const hosts = naiveHosts(reports);
    const leaders = reports.filter((report) => report.leader === report.id && !report.frozen);
    const names = (ids: readonly string[]): string => listed(ids.map((id) => this.#nameOf(id)));
    const tally = part('naive-hosts');
    write(tally, counted(hosts.length, 'host'));
    attributes(tally, { 'data-count': hosts.length });
    write(
      part('naive-note'),
      hosts.length > 1
        ? `${names(hosts)} each take themselves for the host. Nobody is told, then or later.`
        : `${names(hosts) || 'Nobody'} ${hosts.length === 1 ? 'is first in every list.' : 'takes itself for the host.'}`,
    );
    const led = part('leaders');
    write(led, counted(leaders.length, 'leader'));
    attributes(led, { 'data-count': leaders.length });
    write(
      part('leaders-note'),
      leaders.length > 1
        ? 'One for each group that can talk, in different terms. When they meet one remains, and everybody is told.'
        : 'One, in every group whose members can talk, also round a broken link.',
    );
  }

  #showRing(stay: Stay, snapshot: Snapshot, nowMs: number): void {
    const drawn = part<HTMLInputElement>('switch-naive').checked;
    const reports = stay.reports.heard();
    const facts = {
      snapshot,
      reports,
      apart: this.#apart(snapshot, nowMs),
      frozen: stay.stage.frozen,
      naiveHosts: new Set(drawn ? naiveHosts([this.#report(stay), ...reports.values()]) : []),
    };
    this.#ring.render({ members: ringMembers(facts), links: ringLinks(facts), selected: new Set(this.#selected) });
  }

  /** A newcomer gets a moment to be reached before it is drawn apart. */
  #apart(snapshot: Snapshot, nowMs: number): Set<string> {
    const graceMs = 1500;
    const apart = new Set<string>();
    for (const member of snapshot.members.values()) {
      const known = this.#reachedAtMs.get(member.id);
      if (known === undefined || member.reachable)
        this.#reachedAtMs.set(member.id, member.reachable ? -Infinity : nowMs);
      else if (nowMs - known > graceMs) apart.add(member.id);
    }
    return apart;
  }

  #showActions(stay: Stay, snapshot: Snapshot): void {
    const { cut, frozen } = stay.stage;
    const others = snapshot.members.size - 1;
    const chosen = [...this.#selected].map((id) => this.#nameOf(id));
    const successor = this.#chosenSuccessor();
    const handover = part<HTMLButtonElement>('button-handover');
    const toOther = successor !== undefined && successor !== snapshot.id;
    write(
      handover,
      toOther ? `Hand over to ${this.#nameOf(successor)}` : snapshot.isLeader ? 'Hand over' : 'Take the bell',
    );
    handover.disabled = others === 0 || !snapshot.leader || frozen;
    const freeze = part<HTMLButtonElement>('button-freeze');
    write(freeze, frozen ? 'Thaw' : 'Freeze me');
    attributes(freeze, { 'aria-pressed': String(frozen) });
    freeze.disabled = false;
    write(part('button-leave'), 'Leave');
    const cutButton = part<HTMLButtonElement>('button-cut');
    write(cutButton, chosen.length > 0 && chosen.length <= others ? `Cut off ${listed(chosen)}` : 'Cut in two');
    cutButton.disabled = others === 0 || frozen;
    const mine = part<HTMLButtonElement>('button-cut-mine');
    mine.disabled = others === 0 || frozen;
    const heal = part<HTMLButtonElement>('button-heal');
    // Others may be cut where this page is not: healing is always on offer among several.
    heal.disabled = others === 0;
    write(heal, cut ? `Heal (${Math.max(0, Math.ceil((cut.healsAtMs - performance.now()) / 1000))} s)` : 'Heal');
    attributes(heal, { 'data-urgent': String(cut !== null) });
    write(part('hint'), this.#hint(others, chosen, frozen));
  }

  #hint(others: number, chosen: readonly string[], frozen: boolean): string {
    if (frozen) return 'This page is frozen. The others go on without it.';
    if (others === 0) return 'Alone so far: open another tab, and there is something to elect.';
    if (chosen.length > 0) return `${listed(chosen)} selected.`;
    return 'Drag one away to cut it off, or select some.';
  }

  #showAbsence(): void {
    for (const name of ['button-handover', 'button-freeze', 'button-cut', 'button-cut-mine', 'button-heal']) {
      part<HTMLButtonElement>(name).disabled = true;
    }
    const state = part('state');
    write(state, 'left');
    attributes(state, { 'data-state': 'left', title: stateInWords.left });
    write(part('leader-name'), 'Nobody');
    write(part('headline'), 'is seen from outside');
    write(part('term'), '–');
    write(part('leader-id'), '–');
    write(part('agreement'), '');
    write(part('button-leave'), 'Rejoin');
    write(part('hint'), 'This page has left. Rejoin to come back as a new member.');
    document.title = `${this.#name} · left`;
    showFavicon(part<HTMLLinkElement>('favicon'), 'alone');
    document.body.dataset['frozen'] = 'false';
    document.body.dataset['ticking'] = 'false';
    this.#ring.render({ members: [], links: [], selected: new Set() });
  }
}

const stateInWords: Readonly<Record<ClusterState, string>> = {
  joining: 'Looking for the room',
  initializing: 'Starting up',
  online: 'Taking part',
  suspect: 'Cannot prove who leads from here',
  left: 'Gone from the room',
};
