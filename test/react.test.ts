import { createCluster } from 'bellwether';
import { useCluster, useLeader, useMembers, usePublished } from 'bellwether/react';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { createElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';

test('On the server there is no cluster, no leader and nobody, and nothing is made', () => {
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
  const html = renderToString(createElement(Room));
  expect(html.replaceAll('&quot;', '"')).toBe('[null,null,0,"nothing"]');
  expect(made).toBe(0);
});
