import type { Address } from './address.ts';
import { openBackstage } from './backstage.ts';
import { startCounter, type Counter } from './counter.ts';
import { roomOf } from './electors.ts';
import { flockOf } from './flock.ts';
import { HandoverMeter, type Tick } from './handover.ts';
import { naiveHost } from './naive.ts';
import { Reach } from './reach.ts';
import { startReports, type Report, type Reports } from './reports.ts';
import type { PathKind } from './ring.ts';
import { openSession, type Session } from './session.ts';
import { openStage, type Stage, type StageEvents } from './stage.ts';

/** All that lives as long as one membership: from joining to leaving. */
export interface Stay extends Pick<Session, 'cluster'> {
  readonly stage: Stage;
  readonly counter: Counter;
  readonly reports: Reports;
  readonly meter: HandoverMeter;
  readonly reach: Reach;
  end(): Promise<void>;
}

export interface StayEvents extends StageEvents {
  onTick(tick: Tick): void;
}

/** Joins. Throws where the address asks for what there is not. */
export function openStay(address: Address, name: string, events: StayEvents): Stay {
  const { cluster, scissors } = openSession(address, name);
  const backstage = openBackstage(roomOf(address));
  const stage = openStage(cluster, scissors, backstage, events);
  return {
    cluster,
    stage,
    counter: startCounter(cluster, (tick) => events.onTick(tick)),
    reports: startReports(cluster, backstage),
    meter: new HandoverMeter(),
    reach: new Reach(),
    end: async () => {
      stage.end();
      await cluster.leave();
      backstage.close();
    },
  };
}

/** How things look from this page, for the others. */
export function ownReport({ cluster, reports, stage }: Stay): Report {
  const snapshot = cluster.snapshot();
  const { id, leader } = snapshot;
  const paths: Record<string, PathKind | null> = {};
  for (const member of flockOf(snapshot)) {
    if (member.path !== 'self') paths[member.id] = member.reachable ? member.path : null;
  }
  return {
    id,
    leader: leader?.id ?? null,
    term: leader?.term ?? null,
    leads: cluster.isLeader,
    naiveHost: naiveHost(id, reports.heardOverLinks()),
    paths,
    frozen: stage.frozen,
  };
}
