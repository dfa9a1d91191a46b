// @ts-check
// Installs what is missing of the browsers that the tests run in. Chromium they cannot do without; where another one is
// missing and cannot be installed from here, its tests are skipped. Under CI nothing may be.
import { installChromium } from './chromium.js';
import { firefoxCommand, installFirefox } from './firefox.js';
import { installWebKit, webkitCommand } from './webkit.js';

try {
  console.log(await installChromium(console.log));
  tell('Firefox', installFirefox(), firefoxCommand);
  tell('WebKitGTK', installWebKit()?.browser, webkitCommand);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @param {string} name @param {string | null | undefined} path @param {string} command */
function tell(name, path, command) {
  console.log(path ?? `no ${name} here: its tests are skipped. To have it: ${command}`);
  if (!path && process.env.CI) process.exitCode = 1;
}
