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

const firefoxPath = findFirefox();
const webkitPath = findWebKit();

export const firefox: OtherEngine = {
  name: 'Firefox',
  command: firefoxCommand,
  open: firefoxPath === null ? null : () => openFirefox(firefoxPath),
};

export const webkit: OtherEngine = {
  name: 'WebKitGTK',
  command: webkitCommand,
  open: webkitPath === null ? null : () => openWebKit(webkitPath),
};

/** Those besides Chromium. */
export const otherEngines: readonly OtherEngine[] = [firefox, webkit];
