/** What is loaded only once it is needed. */
export interface Lazy<T> {
  load(): Promise<T>;
}

export function isLazy<T extends object>(part: T | Lazy<T>): part is Lazy<T> {
  return 'load' in part;
}

type Loaded<Parts> = { readonly [Name in keyof Parts]: Exclude<Parts[Name], Lazy<unknown>> };

/** Within the call where all is there already: nothing waits that need not. */
export function whenLoaded<Parts extends readonly object[]>(
  parts: readonly [...Parts],
  run: (...loaded: Loaded<Parts>) => void,
  failed: (cause: unknown) => void,
): void {
  const all = parts.map((part) => (isLazy(part) ? part.load() : part));
  const begin = (loaded: readonly object[]): void => run(...(loaded as unknown as Loaded<Parts>));
  if (parts.some(isLazy)) Promise.all(all).then(begin, failed);
  else begin(all);
}
