import type { ClusterError, ClusterEvents, Snapshot } from 'bellwether';
import { listenToButtons, showActions, showWayBack } from './actions.ts';
import { type Address, otherNetworkLink } from './address.ts';
import { bellPath, clapperPath } from './bell.ts';
import { comparing, showComparison } from './comparison.ts';
import { furnishElectorSelect } from './elector-select.ts';
import { hideElectorate, furnishElectorate, showElectorate } from './electorate.ts';
import { promiseOf } from './electors.ts';
import { part, svg, write } from './element.ts';
import { calledOf, flockOf, witnessOf } from './flock.ts';
import type { Tick } from './handover.ts';
import { showDiscovery, showLeader, showLease, showOutside, showState } from './headline.ts';
import { amendInfo } from './info.ts';
import { Leaderships } from './leaderships.ts';
import { Log } from './log.ts';
import { metronome } from './metronome.ts';
import { naiveHosts } from './naive.ts';
import { freshName, nameOf, rememberedName, rememberName, tidyName } from './names.ts';
import {
  conflictInWords,
  discoveryInWords,
  errorInWords,
  handoverInWords,
  leaderInWords,
  FlockNarrator,
  mergeInWords,
  stageInWords,
  type Sentence,
} from './narrator.ts';
import type { Report } from './reports.ts';
import { Ring } from './ring.ts';
import { ringLinks, ringMembers } from './scene.ts';
import { startInvitation } from './share.ts';
import { sidesOf } from './sides.ts';
import { openStay, ownReport, type Stay } from './stay.ts';
import { drawTimeline, shownMs } from './timeline.ts';

export function showMember(address: Address): void {
  const template = document.querySelector<HTMLTemplateElement>('#member-page');
  if (template) document.body.append(template.content.cloneNode(true));
  document.body.dataset['view'] = address.compact ? 'compact' : 'member';
  new MemberPage(address).open();
}

/** How often the page looks around: for links, for the time line, for stale reports, and to tell its own. */
const lookMs = { alone: 200, amongFrames: 500 };

/** The page of one member: it joins, leaves and joins again, and shows what its cluster tells. */
class MemberPage {
  readonly #address: Address;
  readonly #ring: Ring;
  readonly #log: Log = new Log(part('log'));
  readonly #leaderships: Leaderships = new Leaderships();
  readonly #narrator: FlockNarrator = new FlockNarrator();
  readonly #names = new Map<string, string>();
  readonly #selected = new Set<string>();
  #name: string;
  /** Whether somebody gave this name. A name drawn by lot gives way to another member of that name. */
  #named: boolean;
  #stay: Stay | null = null;
  /** What a cluster still says while it leaves is no news. */
  #deafen: (() => void)[] = [];
  #shown: Snapshot | null = null;
  /** What went wrong last. */
  #trouble: ClusterError | null = null;
  #awaitsRender = false;

  constructor(address: Address) {
    this.#address = address;
    const given = tidyName(address.name ?? '');
    const remembered = address.compact ? '' : tidyName(rememberedName() ?? '');
    this.#named = given !== '';
    this.#name = given || remembered || freshName(new Set(), Math.random());
    this.#ring = new Ring(part<SVGSVGElement>('ring'), {
      onToggle: (id) => this.#toggle(id),
      onPullApart: (ids) => this.#cutApart(ids),
      onBringBack: () => this.#stay?.stage.heal(),
    });
  }

  open(): void {
    this.#furnish();
    this.#listen();
    this.#join();
    metronome(this.#address.compact ? lookMs.amongFrames : lookMs.alone, () => {
      if (this.#stay) this.#stay.reports.tell(ownReport(this.#stay));
      this.#soon();
    });
  }

  #furnish(): void {
    part('brand-bell').append(svg('path', { d: bellPath }), svg('path', { d: clapperPath }));
    write(part('room'), this.#address.room);
    document.body.dataset['network'] = this.#address.network;
    write(part('other-network'), this.#address.network === 'tabs' ? 'Go by the server' : 'Go without a server');
    part<HTMLAnchorElement>('other-network').href = otherNetworkLink(new URL(location.href));
    furnishElectorSelect(part('elector'), this.#address);
    furnishElectorate(this.#address.elector);
    write(part('promise'), promiseOf(this.#address));
    part<HTMLInputElement>('name').value = this.#name;
    part<HTMLInputElement>('switch-naive').checked = this.#address.naive;
    if (this.#address.compact) return;
    rememberName(this.#name);
    startInvitation(this.#address.network);
  }

  #listen(): void {
    listenToButtons({
      onHandOver: () => this.#handOver(),
      onFreeze: () => this.#freezeOrThaw(),
      onLeave: () => void (this.#stay ? this.#leave() : this.#join()),
      onCut: () => this.#cutApart([...this.#selected]),
      onCutMine: () => this.#cutMine(),
      onHeal: () => this.#stay?.stage.heal(),
    });
    const name = part<HTMLInputElement>('name');
    name.addEventListener('change', () => this.#rename(tidyName(name.value)));
    name.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') name.blur();
    });
    part('switch-naive').addEventListener('change', () => this.#soon());
  }

  // Coming and going

  #join(): void {
    try {
      this.#stay = openStay(this.#address, this.#name, {
        onTick: (tick) => this.#ticked(tick),
        onChange: () => this.#staged(),
        onAsked: (to, by) => this.#asked(to, by),
      });
    } catch (error) {
      this.#refuse(error);
      return;
    }
    const { cluster } = this.#stay;
    this.#shown = cluster.snapshot();
    this.#deafen = [
      cluster.on('leader', (event) => this.#led(event)),
      cluster.on('conflict', (event) => this.#met(event)),
      cluster.on('discovery', (event) => this.#found(event)),
      cluster.on('error', (error) => this.#failed(error)),
      cluster.on('state', ({ state }) => (state === 'left' ? this.#putOut() : this.#soon())),
    ];
    this.#render();
  }

  async #leave(): Promise<void> {
    this.#say({ kind: 'stage', text: 'This page left the room.' });
    showOutside(this.#name);
    await this.#goOut();
  }

  /** The page without its member. */
  async #goOut(): Promise<void> {
    const stay = this.#stay;
    this.#stay = null;
    for (const undo of this.#deafen) undo();
    this.#selected.clear();
    this.#ring.render({ members: [], links: [], selected: this.#selected });
    document.body.dataset['frozen'] = 'false';
    hideElectorate();
    showWayBack();
    await stay?.end();
  }

  /** The address asks for what there is not. */
  #refuse(error: unknown): void {
    const text = this.#say(errorInWords(error));
    showOutside(this.#name, 'Nothing', 'to join at this address');
    void this.#goOut();
    write(part('hint'), text);
  }

  #failed(error: ClusterError): void {
    this.#trouble = error;
    this.#say(errorInWords(error));
  }

  /** The cluster has left by itself, for the trouble that it told of last. */
  #putOut(): void {
    if (this.#trouble?.code === 'options-differ') showOutside(this.#name, 'Others', 'elect in another way here');
    else showOutside(this.#name, 'This page', 'cannot stay in the room');
    void this.#goOut();
    if (this.#trouble) write(part('hint'), errorInWords(this.#trouble).text);
  }

  // What happens

  #led(event: ClusterEvents['leader']): void {
    write(part('announcement'), this.#say(leaderInWords(event)));
    if (this.#stay) this.#stay.reports.tell(ownReport(this.#stay));
    this.#soon();
  }

  /** Without a server there is nothing to look for. */
  #found(event: ClusterEvents['discovery']): void {
    if (this.#address.network === 'web') this.#say(discoveryInWords(event));
  }

  #met(event: ClusterEvents['conflict']): void {
    this.#stay?.meter.forget();
    const text = this.#say(conflictInWords(event));
    const cost = mergeInWords(event);
    if (cost === null) return;
    write(part('handover-report'), cost);
    write(part('handover-note'), text);
  }

  #ticked(tick: Tick): void {
    if (!this.#stay) return;
    const { counter, meter } = this.#stay;
    meter.observe(tick, performance.now());
    write(part('counter'), String(counter.newest));
    const handover = meter.report();
    if (!handover) return;
    write(part('handover-report'), handoverInWords(handover));
    write(
      part('handover-note'),
      `From ${this.#nameOf(handover.from)} to ${this.#nameOf(handover.to)}, as seen from this page.`,
    );
  }

  #staged(): void {
    if (!this.#stay) return;
    const { stage, counter, meter, reports } = this.#stay;
    if (stage.frozen) {
      counter.pause();
      meter.forget();
    } else counter.resume();
    document.body.dataset['frozen'] = String(stage.frozen);
    const from = [...(stage.cut?.from ?? [])].map((id) => this.#nameOf(id));
    this.#say(stageInWords(from, stage.frozen));
    reports.tell(ownReport(this.#stay));
    this.#soon();
  }

  #asked(to: string, by: string): void {
    const wish = to === by ? 'asks for the bell' : `asks to give ${this.#nameOf(to)} the bell`;
    this.#say({ kind: 'stage', text: `${this.#nameOf(by)} ${wish}.` });
    this.#transfer(to);
  }

  /** Returns the text. */
  #say({ kind, text }: Sentence): string {
    this.#log.add(kind, text);
    return text;
  }

  // What the visitor does

  #toggle(id: string): void {
    if (!this.#selected.delete(id)) this.#selected.add(id);
    this.#soon();
  }

  #handOver(): void {
    if (!this.#stay) return;
    const { cluster, stage } = this.#stay;
    const heir = this.#heir();
    // Also where its lease has just lapsed: the refusal says so.
    if (cluster.leader?.isSelf) this.#transfer(heir);
    else stage.askForBell(heir ?? cluster.id);
    this.#selected.clear();
  }

  #transfer(to: string | undefined): void {
    this.#stay?.cluster.transfer(to).catch((error: unknown) => this.#say(errorInWords(error)));
  }

  /** The one member that is selected, unless it leads already. */
  #heir(): string | undefined {
    const [only, ...more] = this.#selected;
    return more.length === 0 && only !== this.#stay?.cluster.leader?.id ? only : undefined;
  }

  #freezeOrThaw(): void {
    const stage = this.#stay?.stage;
    if (stage?.frozen) stage.thaw();
    else stage?.freeze();
  }

  #cutApart(ids: readonly string[]): void {
    if (!this.#stay) return;
    const { cluster, stage } = this.#stay;
    const flock = flockOf(cluster).map(({ id }) => id);
    const sides = sidesOf(flock, ids, witnessOf(cluster)?.id ?? null);
    if (sides) stage.cutApart(sides.one, sides.other);
    this.#selected.clear();
  }

  /** As a pulled cable would, which leads to the server as well. */
  #cutMine(): void {
    if (!this.#stay) return;
    const { cluster, stage } = this.#stay;
    const others = [...cluster.members.keys()].filter((id) => id !== cluster.id);
    const chosen = others.filter((id) => this.#selected.has(id));
    this.#selected.clear();
    stage.cutMine(chosen.length > 0 ? chosen : others);
  }

  #rename(name: string): void {
    if (name) {
      this.#named = true;
      this.#callMyself(name);
    }
    part<HTMLInputElement>('name').value = this.#name;
  }

  #callMyself(name: string): void {
    this.#name = name;
    part<HTMLInputElement>('name').value = name;
    if (!this.#address.compact) rememberName(name);
    if (this.#stay) amendInfo(this.#stay.cluster, { name });
  }

  /** Of two members with the same drawn name, the one with the larger id draws again. */
  #giveWay(snapshot: Snapshot): void {
    if (this.#named) return;
    const { id } = snapshot;
    const others = flockOf(snapshot).filter((member) => !member.isSelf);
    const names = new Map(others.map((other) => [other.id, nameOf(other.info, other.id)]));
    if (![...names].some(([other, name]) => name === this.#name && other < id)) return;
    this.#callMyself(freshName(new Set(names.values()), Math.random()));
  }

  // What the page shows

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

  #render(): void {
    const stay = this.#stay;
    if (!stay) return;
    const snapshot = stay.cluster.snapshot();
    this.#notice(snapshot);
    this.#giveWay(snapshot);
    const heard = [...stay.reports.heard().values()];
    const all = [ownReport(stay), ...heard];
    showState(snapshot.state);
    showDiscovery(snapshot.discovery, this.#address.network);
    showLeader(snapshot, heard, this.#name);
    showLease(stay.cluster.leaseMs);
    showElectorate(snapshot, stay.stage);
    showComparison(all, (id) => this.#nameOf(id));
    this.#showTimeline(stay, snapshot, heard);
    this.#showRing(stay, snapshot, all);
    showActions({
      snapshot,
      stage: stay.stage,
      chosen: [...this.#selected].map((id) => this.#nameOf(id)),
      heir: this.#heirName(snapshot),
    });
  }

  /** Takes in what changed among the members. */
  #notice(snapshot: Snapshot): void {
    for (const member of snapshot.members.values()) this.#names.set(member.id, calledOf(member));
    for (const id of this.#selected) if (!snapshot.members.has(id)) this.#selected.delete(id);
    if (!this.#shown || snapshot === this.#shown) return;
    for (const sentence of this.#narrator.tell(this.#shown, snapshot)) this.#say(sentence);
    this.#shown = snapshot;
  }

  #heirName(snapshot: Snapshot): string | null {
    const heir = this.#heir();
    return heir === undefined || heir === snapshot.id ? null : this.#nameOf(heir);
  }

  #showTimeline({ stage }: Stay, { leader }: Snapshot, heard: readonly Report[]): void {
    const nowMs = performance.now();
    if (leader && !stage.frozen) this.#leaderships.observe(leader.id, leader.term, nowMs, true);
    for (const report of heard) {
      if (!report.leads || report.term === null) continue;
      this.#leaderships.observe(report.id, report.term, nowMs, false);
    }
    drawTimeline(part('timeline'), this.#leaderships.since(nowMs - shownMs), nowMs, (id) => this.#nameOf(id));
  }

  #showRing({ reports, stage, reach }: Stay, snapshot: Snapshot, all: readonly Report[]): void {
    const facts = {
      snapshot,
      reports: reports.heard(),
      apart: reach.apart(snapshot, performance.now()),
      frozen: new Set([...reports.frozen(), ...(stage.frozen ? [snapshot.id] : [])]),
      naiveHosts: new Set(comparing() ? naiveHosts(all) : []),
    };
    this.#ring.render({ members: ringMembers(facts), links: ringLinks(facts), selected: new Set(this.#selected) });
  }
}
