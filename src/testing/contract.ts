/** One sentence of a contract, and the proof of it. `run` rejects where an implementation does not keep it. */
export interface ContractCase<Rig> {
  readonly title: string;
  run(rig: Rig): Promise<void>;
}

/** Throws unless `holds`. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** The same values in the same order, as JSON tells them. */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  const [is, shouldBe] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(is === shouldBe, `${what}: expected ${shouldBe}, got ${is}`);
}
