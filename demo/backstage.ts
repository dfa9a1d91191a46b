/**
 * A wire behind the scenes between the pages of one browser. It carries what stage hands need (healing a cut that the
 * cut members could not be told of, seeing both sides of it) and nothing that the cluster uses.
 */
export interface Backstage {
  sendReport(report: unknown): void;
  onReport(run: (report: unknown) => void): void;
  sendWish(wish: unknown): void;
  onWish(run: (wish: unknown) => void): void;
  close(): void;
}

export function openBackstage(room: string): Backstage {
  const wire = new BroadcastChannel(`bellwether-demo/${room}`);
  const on = (kind: string, run: (value: unknown) => void): void => {
    wire.addEventListener('message', (event: MessageEvent<{ kind: string; value: unknown }>) => {
      if (event.data.kind === kind) run(event.data.value);
    });
  };
  let open = true;
  const send = (kind: string, value: unknown): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has no origin to name
    if (open) wire.postMessage({ kind, value });
  };
  return {
    sendReport: (report) => send('report', report),
    onReport: (run) => on('report', run),
    sendWish: (wish) => send('wish', wish),
    onWish: (run) => on('wish', run),
    close: () => {
      open = false;
      wire.close();
    },
  };
}
