import { createCluster } from 'bellwether';
import { useCluster, useLeader, useMembers, usePublished } from 'bellwether/react';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { createElement, type ReactNode, version } from 'react';
import { renderToString } from 'react-dom/server';

/** What a server makes of a component that uses a cluster, and how many clusters it made for that. */
export function renderOnServer(): { readonly version: string; readonly html: string; readonly made: number } {
  const clock = virtualClock({ seed: 1 });
  const memory = memoryNetwork({ clock });
  let made = 0;
  function Room(): ReactNode {
    const cluster = useCluster(() => {
      made++;
      return createCluster({ room: 'room', network: memory.network({ platform: clock.platform() }) });
    }, []);
    return JSON.stringify([cluster, useLeader(cluster), useMembers(cluster).size, usePublished(cluster) ?? 'nothing']);
  }
  return { version, html: renderToString(createElement(Room)), made };
}

/** What becomes of a component that gives `useCluster` these, as plain JavaScript can. */
export function renderWith(...given: readonly unknown[]): unknown {
  const Room = (): ReactNode => JSON.stringify((useCluster as (...given: readonly unknown[]) => unknown)(...given));
  try {
    return renderToString(createElement(Room));
  } catch (error) {
    return error;
  }
}
