import { type Cluster, createCluster, quorum } from 'bellwether';
import { useCluster, useLeader, useMembers, usePublished } from 'bellwether/react';
import { web } from 'bellwether/web';
import * as React from 'react';
import { Component, createElement, memo, type ReactNode, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

/** What one render of the room showed. */
export interface Rendered {
  readonly room: string;
  /** Of the cluster it was given, if any. */
  readonly clusterRoom: string | null;
  readonly leader: string | null;
  readonly members: number;
  readonly published: unknown;
}

interface RoomProps {
  readonly room: string;
  readonly url: string;
  /** It waits for something else, and a placeholder stands in for it. */
  readonly waits?: boolean;
}

/** What a test may ask of the page. */
export interface ReactApp {
  /** Of React. */
  readonly version: string;
  /** Renders the room, in StrictMode; other properties than before are those of the same component. */
  show(props: RoomProps): void;
  /** Keeps it, with its state and without its effects, until it is shown again. */
  setAside(props: RoomProps): void;
  hide(): void;
  /** Both in one task. */
  showAndHide(props: RoomProps): void;
  publish(value: string): void;
  clusters(): readonly { readonly id: string; readonly room: string; readonly state: string }[];
  /** What is on the page now. */
  shown(): Rendered | null;
  /** What the error boundary has caught. */
  caught(): string | null;
  /** Every render that reached the page, of each component by itself. */
  renders(): { readonly room: readonly Rendered[]; readonly leaderAlone: readonly (string | null)[] };
}

declare global {
  var reactApp: ReactApp;
}

/** Longer than a busy machine holds a page up. */
const calm = quorum({ minLeaseMs: 5_000 });

const made: Cluster[] = [];
const rooms: Rendered[] = [];
const leaders: (string | null)[] = [];

function Room({ room, url, waits = false }: RoomProps): ReactNode {
  const cluster = useCluster(() => {
    const one = createCluster({ room, network: web({ url, rtc: false }), elector: calm });
    made.push(one);
    return one;
  }, [room]);
  const rendered: Rendered = {
    room,
    clusterRoom: cluster?.room ?? null,
    leader: useLeader(cluster)?.id ?? null,
    members: [...useMembers(cluster).values()].filter(({ role }) => role !== 'witness').length,
    published: usePublished(cluster) ?? null,
  };
  useEffect(() => void rooms.push(rendered));
  const alone = createElement(LeaderAlone, { cluster });
  return createElement('main', null, JSON.stringify(rendered), alone, waits && createElement(Waiting));
}

/** Renders when it has to by itself, and not because the room does. */
const LeaderAlone = memo(({ cluster }: { readonly cluster: Cluster | null }): ReactNode => {
  const leader = useLeader(cluster)?.id ?? null;
  useEffect(() => void leaders.push(leader));
  return null;
});

class Boundary extends Component<{ readonly children: ReactNode }, { readonly caught: string | null }> {
  override state = { caught: null };

  static getDerivedStateFromError(error: Error): { readonly caught: string } {
    return { caught: error.message };
  }

  override render(): ReactNode {
    return this.state.caught === null ? this.props.children : createElement('aside', null, this.state.caught);
  }
}

const forEver = new Promise<never>(() => {});

function Waiting(): ReactNode {
  throw forEver; // as `use` does where there is one
}

/** Where there is none, nothing is ever set aside. */
const Activity = 'Activity' in React ? React.Activity : ({ children }: { readonly children: ReactNode }) => children;

const root = createRoot(document.body.appendChild(document.createElement('div')), { onCaughtError: () => undefined });

function render(mode: 'visible' | 'hidden', props: RoomProps): void {
  const children = createElement(Suspense, { fallback: 'waiting' }, createElement(Room, props));
  root.render(
    createElement(StrictMode, null, createElement(Boundary, null, createElement(Activity, { mode, children }))),
  );
}

const show = (props: RoomProps): void => render('visible', props);

const hide = (): void => root.render(null);

globalThis.reactApp = {
  version: React.version,
  show,
  setAside: (props) => render('hidden', props),
  hide,
  showAndHide(props) {
    show(props);
    hide();
  },
  publish(value) {
    made.at(-1)?.publish(value);
  },
  clusters: () => made.map(({ id, room, state }) => ({ id, room, state })),
  shown: () => JSON.parse(document.querySelector('main')?.textContent ?? 'null') as Rendered | null,
  caught: () => document.querySelector('aside')?.textContent ?? null,
  renders: () => ({ room: rooms, leaderAlone: leaders }),
};
