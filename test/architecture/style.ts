import { isNode, nodesOf, parse, type Node, type Source, type Tree } from './source.ts';

/** What a person can hold in their head. */
const maxFileLines = 400;
const maxFunctionLines = 70;

/** Names that say nothing about what a thing is. */
const emptyNames = /^(manager|helpers?|utils?|utilit(y|ies)|misc|common)$/i;

/** What differs from runtime to runtime, or from run to run: it comes in through the platform. */
const ambient = new Set([
  ...['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame', 'Date', 'performance', 'crypto'],
  ...['WebSocket', 'RTCPeerConnection', 'BroadcastChannel', 'Worker', 'fetch', 'localStorage', 'sessionStorage'],
  ...['indexedDB', 'document', 'window', 'navigator', 'location', 'process', 'Buffer', 'addEventListener'],
]);

/** Where the runtime is met: the platform, the command, and the hosts of the signaling server. */
const meetsTheRuntime = /^(src\/platform\/|src\/cli\/|signaling-server\/(?!room\.ts))/;

/** What breaks a rule of style, a line for each. */
export function styleViolations(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const source = parse(path, text);
    return [
      ...tooLong(source),
      ...namedForNothing(source),
      ...unfinished(source),
      ...(meetsTheRuntime.test(path) ? [] : ambientUses(source)),
    ];
  });
}

function tooLong({ path, text, program, lineOf }: Source): string[] {
  const lines = text.trimEnd().split('\n').length;
  const violations =
    lines > maxFileLines ? [`${path} has ${lines} lines: over ${maxFileLines} it is two concepts`] : [];
  for (const { node } of nodesOf(program)) {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) continue;
    const length = lineOf(node.end) - lineOf(node.start) + 1;
    if (length <= maxFunctionLines) continue;
    violations.push(
      `${path}:${lineOf(node.start)} is a function of ${length} lines: over ${maxFunctionLines} it does two things`,
    );
  }
  return violations;
}

function namedForNothing({ path, program, lineOf }: Source): string[] {
  const violations = wordsOf(path.replace(/\.ts$/, '')).some((word) => emptyNames.test(word))
    ? [`${path} is named for nothing`]
    : [];
  for (const { name, node } of declarationsOf(program)) {
    if (emptyNames.test(wordsOf(name).at(-1) ?? ''))
      violations.push(`${path}:${lineOf(node.start)} ${name} says nothing`);
  }
  return violations;
}

const wordsOf = (name: string): string[] => name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);

/** Every name that a declaration, a parameter or an import brings in. */
function* declarationsOf(program: Node): Generator<{ name: string; node: Node }> {
  for (const { node, parent } of nodesOf(program)) {
    if (node.type !== 'Identifier' || parent === null) continue;
    if (bindsName(node, parent)) yield { name: node.name as string, node };
  }
}

function bindsName(node: Node, parent: Node): boolean {
  switch (parent.type) {
    case 'VariableDeclarator':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return parent.id === node || isParameter(node, parent);
    case 'ArrowFunctionExpression':
      return isParameter(node, parent);
    case 'AssignmentPattern':
      return parent.left === node;
    case 'Property':
      return parent.value === node && parent.shorthand === true;
    case 'RestElement':
    case 'ArrayPattern':
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'CatchClause':
      return true;
    default:
      return false;
  }
}

const isParameter = (node: Node, parent: Node): boolean => Array.isArray(parent.params) && parent.params.includes(node);

function unfinished({ path, comments, lineOf }: Source): string[] {
  return comments
    .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)/.test(value))
    .map(({ value, start }) => `${path}:${lineOf(start)} is unfinished: ${value.trim().slice(0, 60)}`);
}

function ambientUses({ path, program, lineOf }: Source): string[] {
  const own = new Set([...declarationsOf(program)].map(({ name }) => name));
  const violations: string[] = [];
  for (const { node, parent } of nodesOf(program)) {
    const name = ambientName(node, parent);
    if (name === null || own.has(name)) continue;
    violations.push(`${path}:${lineOf(node.start)} uses ${name}, which comes in through the platform`);
  }
  return violations;
}

/** `setTimeout`, `globalThis.setTimeout`, `Math.random`; not `clock.setTimeout`, a field or a type of that name. */
function ambientName(node: Node, parent: Node | null): string | null {
  if (node.type === 'MemberExpression' && isNode(node.object) && isNode(node.property)) {
    const [object, property] = [node.object.name, node.property.name];
    if (object === 'Math' && property === 'random') return 'Math.random';
    if (object === 'globalThis' && ambient.has(property as string)) return property as string;
    return null;
  }
  if (node.type !== 'Identifier' || !ambient.has(node.name as string) || parent === null) return null;
  const isFieldName = (parent.property === node || parent.key === node) && parent.computed !== true;
  if (isFieldName && parent.shorthand !== true) return null;
  return parent.type.startsWith('TS') ? null : (node.name as string);
}
