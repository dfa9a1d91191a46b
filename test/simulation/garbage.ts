import type { Json } from '../../src/protocol/json.ts';

/** What no message is. */
const oddities: readonly Json[] = [
  null,
  true,
  '',
  'leader',
  -1,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  [],
  {},
  [[[[[[]]]]]],
  { type: 'constructor' },
  JSON.parse('{"__proto__":{"type":"beat"}}') as Json,
  'x'.repeat(300),
];

/** Fields that may hold anything: to change one would be a lie, and no nonsense. */
const free: ReadonlySet<string> = new Set(['value', 'published']);

/** Fields that may be missing. */
const optional: ReadonlySet<string> = new Set([
  'promiseMs',
  'successionRttMs',
  'isLapsed',
  'isPending',
  'unheard',
  'wantsAfter',
  'isFull',
  'roomChars',
]);

/** A message that makes no sense: an oddity, or a real message with a field gone or of another type. */
export function garbage(kind: number, real: Json | undefined): Json {
  if (kind % 3 === 0 || typeof real !== 'object' || real === null || Array.isArray(real))
    return oddities[kind % oddities.length]!;
  const fields = Object.entries(real as { readonly [name: string]: Json });
  const bound = fields.filter(([name]) => !free.has(name));
  const chosen = bound[(kind >>> 4) % Math.max(bound.length, 1)];
  if (chosen === undefined) return {};
  const [name, value] = chosen;
  const rest = fields.filter(([other]) => other !== name);
  const isMissing = kind % 2 === 0 && !optional.has(name);
  return Object.fromEntries(isMissing ? rest : [...rest, [name, ofAnotherType(value)]]);
}

function ofAnotherType(value: Json): Json {
  switch (typeof value) {
    case 'number':
      return 'x';
    case 'string':
      return -0.5;
    case 'boolean':
      return 'x'.repeat(300);
    default:
      return value === null ? 'leader' : true;
  }
}
