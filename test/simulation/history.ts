/** One operation of a client, from its call to its return, in true time. */
export interface Operation {
  /** Has one operation under way at a time, and none after one whose outcome it never learnt. */
  readonly client: string;
  readonly op: 'append' | 'read';
  /** What was appended: no value is, twice. */
  readonly input: string | null;
  /** Where it was appended, or what was read; or why it failed. `null`: it never returned. */
  output: Appended | Contents | 'not-committed' | 'unknown' | null;
  readonly callMs: number;
  returnMs: number | null;
}

export interface Appended {
  /** In the log. `null`: it is covered by a snapshot. */
  readonly index: number | null;
}

/** What a read finds: the list of all values that took effect. */
export interface Contents {
  /** All up to here in the log have. */
  readonly index: number;
  /** How many values that are. */
  readonly length: number;
  /** Of them. `null`: there is none yet. */
  readonly last: string | null;
}

/** One JSON object a line, in the order of the calls; times in milliseconds of that seed's run. */
export function writtenHistory(seed: number, operations: readonly Operation[]): string {
  const lines = operations.map(
    ({ client, op, input, output, callMs, returnMs }) =>
      `${JSON.stringify({ seed, client, op, input, output, call: callMs, return: returnMs })}\n`,
  );
  return lines.join('');
}
