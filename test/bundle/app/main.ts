import { createCluster, type Cluster } from 'bellwether';
import { web } from 'bellwether/web';

declare global {
  var cluster: Cluster;
}

// As an application would write it. The server of the page is the signaling server as well.
globalThis.cluster = createCluster({
  room: 'bundled',
  info: { name: document.title },
  network: web({ url: `${location.origin.replace('http', 'ws')}/bellwether` }),
});
