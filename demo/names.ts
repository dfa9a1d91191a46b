/** Breeds of sheep: short enough for a label, and a flock of them is no list of "User 4711". */
export const breeds: readonly string[] = [
  'Awassi',
  'Boreray',
  'Cheviot',
  'Dorper',
  'Drysdale',
  'Finn',
  'Gotland',
  'Hebridean',
  'Herdwick',
  'Jacob',
  'Karakul',
  'Lincoln',
  'Lonk',
  'Merino',
  'Navajo',
  'Ouessant',
  'Polwarth',
  'Portland',
  'Racka',
  'Romney',
  'Ryeland',
  'Shetland',
  'Soay',
  'Suffolk',
  'Swaledale',
  'Targhee',
  'Texel',
  'Tunis',
  'Valais',
  'Wensley',
];

export const maxNameLength = 16;

/** A name that is not among `taken`; the breeds first, then numbered ones. `random` is in [0, 1). */
export function freshName(taken: ReadonlySet<string>, random: number): string {
  const free = breeds.filter((breed) => !taken.has(breed));
  const pool = free.length > 0 ? free : breeds.map((breed) => `${breed} ${taken.size}`);
  return pool[Math.floor(random * pool.length)] ?? 'Dolly';
}

export function tidyName(typed: string): string {
  return typed.replaceAll(/\s+/g, ' ').trim().slice(0, maxNameLength);
}

const key = 'bellwether-demo-name';

/** This tab's name, if it was given one before. A page without storage forgets it, and gets on. */
export function rememberedName(): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

export function rememberName(name: string): void {
  try {
    sessionStorage.setItem(key, name);
  } catch {
    // Private modes refuse storage; the name then lasts as long as the page.
  }
}

/** The name in a member's `info`, which anybody may have written. */
export function nameOf(info: unknown, id: string): string {
  const name = info !== null && typeof info === 'object' && 'name' in info ? info.name : null;
  return (typeof name === 'string' ? tidyName(name) : '') || id.slice(0, 6);
}
