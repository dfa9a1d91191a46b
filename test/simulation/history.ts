/** One operation of a client, from its call to its return, in true time. */
export interface Operation {
  /** Has one operation under way at a time, and none after one whose outcome it never learnt. */
  readonly client: string;
  readonly op: 'append' | 'read';
  /** What was appended. */
  readonly input: string | null;
  /** Where it was appended, or up to where was read; or why it failed. `null`: it never returned. */
  output: { readonly index: number | null } | 'not-committed' | 'unknown' | null;
  readonly callMs: number;
  returnMs: number | null;
}

/** One JSON object a line, in the order of the calls; times in milliseconds. */
export function writtenHistory(operations: readonly Operation[]): string {
  const lines = operations.map(({ client, op, input, output, callMs, returnMs }) =>
    JSON.stringify({ client, op, input, output, call: callMs, return: returnMs }),
  );
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
