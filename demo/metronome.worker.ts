/** Beats from a worker: the timers of a hidden page are slowed down to one a second, those of its workers are not. */
addEventListener('message', (event: MessageEvent<number>) => {
  setInterval(() => postMessage(null), event.data);
});
