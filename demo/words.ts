/** "Ada", "Ada and Bob", "Ada, Bob and Cy". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const small = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** "one member", "four members", "12 members". */
export function counted(n: number, thing: string): string {
  return `${small[n] ?? n} ${thing}${n === 1 ? '' : 's'}`;
}

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms < 10 ? `${Number(ms.toFixed(1))} ms` : `${Math.round(ms)} ms`;
}

/** As `milliseconds`, never longer than "000 ms". */
export function shortly(ms: number): string {
  if (ms < 999.5) return milliseconds(ms);
  return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
