/** Calls `run` every `intervalMs`, in a hidden page as well. Returns its undo. */
export function metronome(intervalMs: number, run: () => void): () => void {
  const worker = new Worker(new URL('./metronome.worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', run);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  worker.postMessage(intervalMs);
  return () => worker.terminate();
}
