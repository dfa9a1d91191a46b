import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { circles, entryViolations, layerViolations } from './architecture/layers.ts';
import { importsOf, parse, readTree } from './architecture/source.ts';
import { styleViolations } from './architecture/style.ts';

const library = readTree(['src', 'signaling-server'], /\.ts$/);
const readJson = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, '..', path), 'utf8'));

describe('the layers', () => {
  it('import down only, and each outside package in its one place', () => {
    expect(library.size).toBeGreaterThan(30);
    expect(layerViolations(library)).toEqual([]);
  });

  it('have no circles', () => {
    expect(circles(library)).toEqual([]);
  });

  it('have as entries exactly what the package exports', () => {
    expect(entryViolations(library, readJson('package.json').exports)).toEqual([]);
  });

  it('keep the core free of any runtime, by its own compiler settings', () => {
    const { compilerOptions } = readJson('src/core/tsconfig.json');
    expect(compilerOptions).toMatchObject({ lib: ['es2022'], types: [] });
  });

  it('are reached by the demo through the package alone', () => {
    const demo = readTree(['demo'], /\.[jt]s$/);
    const inside = [...demo].flatMap(([path, text]) =>
      importsOf(parse(path, text)).filter(({ target }) => target !== null && !target.startsWith('demo/')),
    );
    expect(inside).toEqual([]);
  });
});

describe('the style', () => {
  it('is kept by the library', () => {
    expect(styleViolations(library)).toEqual([]);
  });

  it('leaves no test out, and none alone', () => {
    const tests = readTree(['test'], /\.test\.ts$/);
    const narrowed = [...tests].filter(([, text]) => /\b(it|test|describe)\.(only|skip|todo|fails)\b/.test(text));
    expect(narrowed.map(([path]) => path)).toEqual([]);
  });
});

describe('the checks of the layers bite', () => {
  const violations = (path: string, text: string, ...others: string[]) =>
    layerViolations(new Map([[path, text], ...others.map((other): [string, string] => [other, ''])]));

  it.each([
    ['a static import upwards', `import { a } from '../cluster/cluster.ts'`],
    ['a type-only import upwards', `import type { A } from '../cluster/cluster.ts'`],
    ['an inline type upwards', `type A = import('../cluster/cluster.ts').A`],
    ['a dynamic import upwards', `await import('../cluster/cluster.ts')`],
    ['a re-export upwards', `export * from '../cluster/cluster.ts'`],
  ])('on %s', (_, text) => {
    expect(violations('src/links/sample.ts', text, 'src/cluster/cluster.ts')).toHaveLength(1);
  });

  it('on what is not there, is in no layer, or imports an entry', () => {
    expect(violations('src/links/sample.ts', `import './gone.ts'`)).toHaveLength(1);
    expect(violations('src/other/sample.ts', '')).toEqual(['src/other/sample.ts is in no layer']);
    expect(violations('src/cluster/sample.ts', `import '../web.ts'`, 'src/web.ts')).toHaveLength(1);
  });

  it('on a transport that imports another, or links that import one', () => {
    const webrtc = 'src/transports/webrtc.ts';
    expect(violations('src/transports/relay.ts', `import './webrtc.ts'`, webrtc)).toHaveLength(1);
    expect(violations('src/links/sample.ts', `import '../transports/webrtc.ts'`, webrtc)).toHaveLength(1);
    expect(violations('src/transports/relay.ts', `import './transport.ts'`, 'src/transports/transport.ts')).toEqual([]);
  });

  it('on a core that imports anything from outside', () => {
    const ids = 'src/protocol/ids.ts';
    expect(
      violations('src/core/available/sample.ts', `import type { PeerId } from '../../protocol/ids.ts'`, ids),
    ).toHaveLength(1);
    expect(violations('src/core/available/sample.ts', `import 'node:fs'`)).toHaveLength(1);
  });

  it('on outside packages out of place', () => {
    expect(violations('src/links/sample.ts', `import mitt from 'mitt'`)).toHaveLength(1);
    expect(violations('src/cluster/sample.ts', `import mitt from 'mitt'`)).toEqual([]);
    expect(violations('src/cluster/sample.ts', `import lodash from 'lodash'`)).toHaveLength(1);
    expect(violations('src/platform/browser.ts', `import { WebSocket } from 'ws'`)).toHaveLength(1);
    expect(violations('src/cluster/sample.ts', `import type { Server } from 'node:http'`)).toHaveLength(1);
    expect(violations('signaling-server/node.ts', `import { WebSocketServer } from 'ws'`)).toEqual([]);
  });

  it('on simple-peer anywhere but lazily in its transport', () => {
    const lazily = `await import('simple-peer/simplepeer.min.js')`;
    expect(violations('src/transports/webrtc.ts', lazily)).toEqual([]);
    expect(violations('src/transports/relay.ts', lazily)).toHaveLength(1);
    expect(violations('src/transports/webrtc.ts', `import 'simple-peer/simplepeer.min.js'`)).toHaveLength(1);
    expect(violations('src/transports/webrtc.ts', `await import('simple-peer')`)).toHaveLength(1);
    expect(violations('src/transports/webrtc.ts', `await import(name)`)).toHaveLength(1);
  });

  it('on circles, through types as well', () => {
    const tree = new Map([
      ['src/links/a.ts', `import { b } from './b.ts'`],
      ['src/links/b.ts', `import type { C } from './c.ts'`],
      ['src/links/c.ts', `export { a } from './a.ts'`],
      ['src/links/d.ts', `import { a } from './a.ts'`],
    ]);
    expect(circles(tree)).toEqual(['src/links/a.ts → src/links/b.ts → src/links/c.ts → src/links/a.ts']);
  });

  it('on entries that are not exported, and exports that are not entries', () => {
    const entry = { 'bellwether-source': './src/web.ts', types: './dist/src/web.d.ts', default: './dist/src/web.js' };
    const tree = new Map([['src/web.ts', '']]);
    expect(entryViolations(tree, { './web': entry })).toEqual([]);
    expect(entryViolations(tree, {})).toHaveLength(1);
    expect(entryViolations(tree, { './web': { ...entry, default: './dist/web.js' } })).toHaveLength(1);
    expect(entryViolations(tree, { './web': entry, './log': entry })).toHaveLength(1);
  });
});

describe('the checks of the style bite', () => {
  const violations = (text: string, path = 'src/links/sample.ts') => styleViolations(new Map([[path, text]]));

  it('on files and functions too long to hold in the head', () => {
    expect(violations('\n'.repeat(400) + 'export {};')).toHaveLength(1);
    expect(violations(`function long() {${'\n'.repeat(70)}}`)).toHaveLength(1);
  });

  it('on names that say nothing', () => {
    expect(violations('', 'src/links/utils.ts')).toHaveLength(1);
    expect(violations('', 'src/links/frame-helper.ts')).toHaveLength(1);
    expect(violations('class LinkManager {}')).toHaveLength(1);
    expect(violations('const managed = 1; const utilisation = 2;')).toEqual([]);
  });

  it('on what is unfinished', () => {
    expect(violations('// TODO: later')).toHaveLength(1);
    expect(violations('/* @ts-ignore */')).toHaveLength(1);
  });

  it.each([
    'setTimeout(run, 5)',
    'const now = Date.now()',
    'const now = new Date()',
    'const dice = Math.random()',
    'globalThis.setInterval(run, 5)',
    'if (typeof window === "undefined") run()',
    'const bytes = crypto.getRandomValues(array)',
  ])('on `%s` outside of the platform', (text) => {
    expect(violations(text)).toHaveLength(1);
    expect(violations(text, 'src/core/sample.ts')).toHaveLength(1);
    expect(violations(text, 'signaling-server/room.ts')).toHaveLength(1);
    expect(violations(text, 'src/platform/sample.ts')).toEqual([]);
  });

  it('not on fields, types and own things that merely share such a name', () => {
    const own = 'const window = 5; type T = { Date: Date }; const o = { process: 1 }; o.process; take(window);';
    expect(violations(own)).toEqual([]);
  });
});
