import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'vite';

/** Text by path, the paths as seen from the top of the repository: real files, or samples made up by a test. */
export type Tree = ReadonlyMap<string, string>;

const root = join(import.meta.dirname, '../..');

/** Every file below those folders whose name ends so. */
export function readTree(folders: readonly string[], ending: RegExp): Tree {
  const tree = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = posix.join(entry.parentPath.slice(root.length + 1).replaceAll('\\', '/'), entry.name);
      if (entry.isFile() && ending.test(path) && !/(^|\/)(node_modules|dist|output)\//.test(path)) {
        tree.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
  }
  return tree;
}

/** `type` is gone after compiling; `dynamic` runs when reached. */
export type ImportKind = 'static' | 'type' | 'dynamic';

export interface Import {
  readonly kind: ImportKind;
  readonly line: number;
  /** As written; `null` where it is computed and so cannot be checked. */
  readonly specifier: string | null;
  /** The path in the tree, for a relative one. */
  readonly target: string | null;
}

/** A node of the syntax tree (ESTree, with TypeScript's own). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly { readonly value: string; readonly start: number }[];
  lineOf(offset: number): number;
}

export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  return { path, text, program: program as unknown as Node, comments, lineOf };
}

/** Every node, parents before children. */
export function* nodesOf(node: Node, parent: Node | null = null): Generator<{ node: Node; parent: Node | null }> {
  yield { node, parent };
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child, node);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** `import`, `export … from`, `import()`, `import('…').Type`, `import x = require()` and `require()`. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  for (const { node } of nodesOf(source.program)) {
    const read = readImport(node);
    if (!read) continue;
    const { specifier } = read;
    const target = specifier?.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : null;
    found.push({ ...read, line: source.lineOf(node.start), target });
  }
  return found;
}

function readImport(node: Node): Pick<Import, 'kind' | 'specifier'> | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return { kind: isTypeOnly(node) ? 'type' : 'static', specifier: literal(node.source) };
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      if (!isNode(node.source)) return null;
      return { kind: node.exportKind === 'type' ? 'type' : 'static', specifier: literal(node.source) };
    case 'ImportExpression':
      return { kind: 'dynamic', specifier: literal(node.source) };
    case 'TSImportType':
      return { kind: 'type', specifier: literal(node.source ?? node.argument) };
    case 'TSExternalModuleReference':
      return { kind: 'static', specifier: literal(node.expression) };
    case 'CallExpression': {
      const { callee } = node as { callee?: unknown };
      if (!isNode(callee) || callee.type !== 'Identifier' || callee.name !== 'require') return null;
      return { kind: 'static', specifier: literal((node.arguments as unknown[])[0]) };
    }
    default:
      return null;
  }
}

/** `import type …`, or nothing but `type` names within the braces. */
function isTypeOnly(node: Node): boolean {
  if (node.importKind === 'type') return true;
  const specifiers = node.specifiers as readonly { importKind?: string }[];
  return specifiers.length > 0 && specifiers.every((specifier) => specifier.importKind === 'type');
}

function literal(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'TSLiteralType') return literal(node.literal);
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}
