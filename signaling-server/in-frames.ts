/** Shares items out to as few lists of at most `maxBytes` as their order allows. Each item fits into one by itself. */
export function inFrames<Item>(
  items: readonly Item[],
  maxBytes: number,
  bytesOf: (item: Item) => number,
): readonly (readonly Item[])[] {
  const frames: Item[][] = [];
  let left = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (bytes > left) {
      frames.push([]);
      left = maxBytes;
    }
    frames.at(-1)?.push(item);
    left -= bytes;
  }
  return frames;
}
