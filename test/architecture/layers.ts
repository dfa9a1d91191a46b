import { importsOf, parse, type Import, type Tree } from './source.ts';

/**
 * Which layers each layer may import, beside itself. A layer is a folder; `folder/file.ts` stands for that file alone:
 * an interface is imported across layers, what implements it is not.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/protocol': [
    'src/core/json.ts',
    'src/core/parsing.ts',
    'src/core/peer-id.ts',
    'src/core/founding/group.ts',
    'src/core/quorum/configuration.ts',
    'src/core/quorum/state.ts',
  ],
  'src/platform': ['src/protocol'],
  'src/driver': ['src/core', 'src/platform/platform.ts', 'src/platform/storage.ts', 'src/protocol'],
  'src/electors': [
    'src/driver',
    'src/core',
    'src/platform/platform.ts',
    'src/platform/begin-origin.ts',
    'src/platform/counters.ts',
    'src/platform/locks.ts',
    'src/platform/origin.ts',
    'src/platform/sha256.ts',
    'src/platform/storage.ts',
    'src/protocol',
  ],
  'src/signaling': ['src/core/token-bucket.ts', 'src/platform/platform.ts', 'src/protocol'],
  // The sockets between processes that know each other's addresses; what signaling is for those that do not.
  'src/peering': ['src/platform/platform.ts', 'src/platform/sockets.ts', 'src/platform/storage.ts', 'src/protocol'],
  // What each discovery keeps for a member whose room is founded by the server's rules.
  'src/discovery/epochs': ['src/core/founding', 'src/driver/clocks.ts'],
  // What the signaling server is for its rooms, for those in memory.
  'src/discovery/memory': [
    'src/core',
    'src/driver',
    'src/discovery/discovery.ts',
    'src/discovery/epochs',
    'src/platform/platform.ts',
    'src/protocol',
  ],
  'src/discovery': [
    'src/core/founding',
    'src/core/json-value.ts',
    'src/core/parsing.ts',
    'src/discovery/epochs',
    'src/discovery/memory',
    'src/driver/clocks.ts',
    'src/peering',
    'src/signaling',
    'src/platform/platform.ts',
    'src/platform/broadcast.ts',
    'src/protocol',
  ],
  'src/transports': [
    'src/core/parsing.ts',
    'src/core/token-bucket.ts',
    'src/peering',
    'src/signaling',
    'src/platform/platform.ts',
    'src/platform/broadcast.ts',
    'src/platform/mailbox.ts',
    'src/platform/sockets.ts',
    'src/protocol',
  ],
  'src/links': [
    'src/core/parsing.ts',
    'src/transports/transport.ts',
    'src/platform/broadcast.ts',
    'src/platform/mailbox.ts',
    'src/platform/platform.ts',
    'src/platform/web-broadcast.ts',
    'src/protocol',
  ],
  'src/cluster': [
    'src/core/leadership.ts',
    'src/electors',
    'src/links',
    'src/discovery/discovery.ts',
    'src/driver/clocks.ts',
    'src/transports/transport.ts',
    'src/platform/platform.ts',
    'src/platform/storage.ts',
    'src/protocol',
  ],
  // What `web()` loads while it connects.
  'src/web': [
    'src/cluster/founded-participation.ts',
    'src/cluster/talk.ts',
    'src/links',
    'src/platform/web-broadcast.ts',
    'src/protocol',
    'src/signaling',
    'src/transports',
  ],
  // What `tabs()` loads while the browser opens what it elects by.
  'src/tabs': [
    'src/cluster/network.ts',
    'src/cluster/participation.ts',
    'src/cluster/talk.ts',
    'src/discovery/broadcast-channel.ts',
    'src/electors/elector.ts',
    'src/electors/lock-election.ts',
    'src/electors/without-locks.ts',
    'src/links/broadcast-links.ts',
    'src/platform/broadcast.ts',
    'src/platform/web-broadcast.ts',
  ],
  'src/testing': [
    'src/cluster',
    'src/driver/clocks.ts',
    'src/electors',
    'src/links',
    'src/transports',
    'src/discovery',
    'src/platform',
    'src/protocol',
  ],
  'signaling-server': [
    'src/protocol',
    'src/core',
    'src/driver',
    'src/platform/platform.ts',
    'src/platform/storage.ts',
    'src/platform/database.ts',
    'src/platform/database-storage.ts',
    'src/platform/node/level.ts',
  ],
};

/** Layers whose files implement one interface side by side: they may import that interface, and never each other. */
const sideBySide: Readonly<Record<string, string>> = {
  'src/discovery': 'src/discovery/discovery.ts',
  'src/transports': 'src/transports/transport.ts',
};

interface External {
  readonly specifier: RegExp;
  readonly allowedIn: RegExp;
  readonly kind?: Import['kind'];
}

/** `platform/node.ts` is Node's side of what all runtimes have; `platform/node/` is what only Node has. */
const meetsNode = /^(src\/platform\/node(\.ts|\/.+)|signaling-server\/.+|src\/cli\/.+)$/;

/** What is not ours, and the only places for it. Anything else is imported nowhere. */
const externals: readonly External[] = [
  { specifier: /^mitt$/, allowedIn: /^src\/cluster\// },
  { specifier: /^simple-peer\/simplepeer\.min\.js$/, allowedIn: /^src\/transports\/webrtc\.ts$/, kind: 'dynamic' },
  { specifier: /^ws$/, allowedIn: meetsNode },
  { specifier: /^node:/, allowedIn: meetsNode },
  // Whoever wants no storage on disk does not install it.
  { specifier: /^classic-level$/, allowedIn: /^src\/platform\/node\/level\.ts$/, kind: 'dynamic' },
  { specifier: /^react$/, allowedIn: /^src\/react\.ts$/ },
  { specifier: /^#platform$/, allowedIn: /^(src\/[^/]+\.ts|src\/(cluster|testing)\/.+|src\/cli\/.+)$/ },
];

/** The public entries and the command may import every layer; nothing may import them. */
const isTop = (path: string): boolean => /^src\/([^/]+\.ts|cli\/.+)$/.test(path);

const layerOf = (path: string): string | undefined => Object.keys(layers).find((layer) => path.startsWith(`${layer}/`));

/** What breaks a rule of the layers, a line for each. */
export function layerViolations(tree: Tree): string[] {
  const violations: string[] = [];
  for (const [path, text] of tree) {
    if (!isTop(path) && layerOf(path) === undefined) violations.push(`${path} is in no layer`);
    for (const found of importsOf(parse(path, text))) {
      const reason = found.target === null ? externalReason(path, found) : layerReason(path, found.target, tree);
      if (reason) violations.push(`${path}:${found.line} ${reason}`);
    }
  }
  return violations;
}

function externalReason(path: string, { specifier, kind }: Import): string | null {
  if (specifier === null) return 'imports something computed: nobody can see what';
  const rule = externals.find((external) => external.specifier.test(specifier));
  if (!rule) return `imports ${specifier}, which is no dependency of the library`;
  if (!rule.allowedIn.test(path)) return `imports ${specifier}, which belongs elsewhere`;
  if (rule.kind && rule.kind !== kind) return `imports ${specifier} as ${kind}: it is to be ${rule.kind}`;
  return null;
}

function layerReason(path: string, target: string, tree: Tree): string | null {
  if (!tree.has(target)) return `imports ${target}, which is not there`;
  if (isTop(path)) return null;
  if (isTop(target)) return `imports ${target}: nothing imports an entry`;
  const own = layerOf(path);
  if (own === undefined) return null;
  if (own === layerOf(target)) return neighbourReason(path, target, own);
  const allowed = (layers[own] ?? []).some((each) => target === each || target.startsWith(`${each}/`));
  return allowed ? null : `imports ${target}: ${own} may import ${(layers[own] ?? []).join(', ') || 'nothing'}`;
}

/** A file may import from the folder that carries its name: `memory.ts` from `memory/`. */
function neighbourReason(path: string, target: string, layer: string): string | null {
  const shared = sideBySide[layer];
  if (shared === undefined || target === shared) return null;
  const family = (file: string): string => (file.slice(layer.length + 1).split('/')[0] ?? '').replace(/\.ts$/, '');
  if (family(path) === family(target)) return null;
  return `imports ${target}: they stand side by side, and share ${shared} alone`;
}

/** Each circle of imports once, type-only ones too, as the path around it. */
export function circles(tree: Tree): string[] {
  const next = new Map<string, string[]>();
  for (const [path, text] of tree) {
    next.set(
      path,
      importsOf(parse(path, text)).flatMap(({ target }) => (target !== null && tree.has(target) ? [target] : [])),
    );
  }
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const around = trail.slice(at);
      found.set(around.toSorted().join(), [...around, path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const target of next.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return [...found.values()];
}

/** The public entries are exactly the exports of the package. */
export function entryViolations(tree: Tree, exports: Readonly<Record<string, unknown>>): string[] {
  const entries = [...tree.keys()].filter((path) => /^src\/[^/]+\.ts$/.test(path));
  const violations: string[] = [];
  const names = new Map(entries.map((path) => [path === 'src/index.ts' ? '.' : `./${path.slice(4, -3)}`, path]));
  for (const [name, path] of names) {
    const base = `./dist/${path.slice(0, -3)}`;
    const wanted = { 'bellwether-source': `./${path}`, types: `${base}.d.ts`, default: `${base}.js` };
    if (JSON.stringify(exports[name]) !== JSON.stringify(wanted)) {
      violations.push(`package.json exports "${name}" should be ${JSON.stringify(wanted)}`);
    }
  }
  for (const name of Object.keys(exports)) {
    if (name !== './package.json' && !names.has(name))
      violations.push(`package.json exports "${name}", which no src/*.ts is`);
  }
  return violations;
}
