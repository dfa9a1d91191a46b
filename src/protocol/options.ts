/** What an option may be, in words that complete "must be …", its type, and the test that finds it in bounds. */
export interface OptionRule {
  readonly mayBe: string;
  /** `any`: it is tested where it is taken in. */
  readonly type: 'string' | 'number' | 'boolean' | 'function' | 'object' | 'any';
  test?(value: never): boolean;
}

/** Checks the options of `call` against its rules. An option that is `undefined` counts as left out. */
export function checkOptions(
  call: string,
  options: object,
  allowed: Readonly<Record<string, OptionRule>>,
  required: readonly string[],
): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${call}: the options must be an object; they are ${inWords(options)}`);
  for (const name of [...required, ...Object.keys(options)]) {
    checkName(call, 'option', name, allowed);
    const { mayBe, type, test } = allowed[name] as OptionRule;
    const value = (options as Record<string, unknown>)[name];
    if (type === 'any' || (value === undefined && !required.includes(name))) continue;
    const isOfType = typeof value === type && value !== null;
    if (isOfType && test?.(value as never) !== false) continue;
    // A number or a text of the right type: what is wrong is its value.
    const Failure = isOfType && type !== 'object' ? RangeError : TypeError;
    throw new Failure(`${call}: the option "${name}" must be ${mayBe}; it is ${inWords(value)}`);
  }
}

/**
 * Throws a `TypeError` for a name that is not known. It suggests what was meant, if something has the same letters or
 * starts alike; else it lists all there are.
 */
export function checkName(call: string, what: string, name: string, known: object): void {
  if (Object.hasOwn(known, name)) return;
  const names = Object.keys(known);
  const [closest = ''] = names.toSorted((one, other) => likeness(other, name) - likeness(one, name));
  const suggestion = likeness(closest, name) > 2 ? `did you mean "${closest}"?` : `there are ${names.join(', ')}`;
  throw new TypeError(`${call}: there is no ${what} "${name}"; ${suggestion}`);
}

/** How many letters two names have in common from the first on, or all of them in any order. */
function likeness(one: string, other: string): number {
  const [a = [], b = []] = [one, other].map((name) => [...name.toLowerCase()]);
  const firstOther = a.findIndex((letter, at) => letter !== b[at]);
  const isSame = firstOther < 0 || a.toSorted().join() === b.toSorted().join();
  return isSame ? a.length + 2 : firstOther;
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return value === undefined ? 'missing' : String(value);
}
