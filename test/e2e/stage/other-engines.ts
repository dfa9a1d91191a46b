import { findFirefox, firefoxCommand } from '../../browsers/firefox.js';
import { findWebKit, webkitCommand } from '../../browsers/webkit.js';
import type { TabEngine } from './engine.ts';
import { openFirefox } from './firefox.ts';
import { openWebKit } from './webkit.ts';

export interface OtherEngine {
  readonly name: 'Firefox' | 'WebKitGTK';
  /** What brings it to this machine. */
  readonly command: string;
  /** `null`: it is not here. */
  readonly open: (() => Promise<TabEngine>) | null;
}

const firefox = findFirefox();
const webkit = findWebKit();

/** Those besides Chromium. */
export const otherEngines: readonly OtherEngine[] = [
  { name: 'Firefox', command: firefoxCommand, open: firefox === null ? null : () => openFirefox(firefox) },
  { name: 'WebKitGTK', command: webkitCommand, open: webkit === null ? null : () => openWebKit(webkit) },
];
