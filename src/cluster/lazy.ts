/** What is loaded only once it is needed. */
export interface Lazy<T> {
  load(): Promise<T>;
}

/** Within the call where all is there already: nothing waits that need not. */
export function whenLoaded<A extends object, B extends object>(
  [a, b]: readonly [A | Lazy<A>, B | Lazy<B>],
  run: (a: A, b: B) => void,
  failed: (cause: unknown) => void,
): void {
  if (!('load' in a || 'load' in b)) run(a, b);
  else Promise.all([loaded(a), loaded(b)]).then(([loadedA, loadedB]) => run(loadedA, loadedB), failed);
}

function loaded<T extends object>(part: T | Lazy<T>): T | Promise<T> {
  return 'load' in part ? part.load() : part;
}
