// @ts-check
// Plain JavaScript: test/all.js uses it before anything is installed.
import { existsSync, readdirSync } from 'node:fs';
import { aptInstall, isExecutable, mayUseApt, placesOf } from './programs.js';

/** What brings WebKitGTK and its driver to this machine, for whoever has none. */
export const webkitCommand = 'sudo apt-get install -y webkit2gtk-driver xvfb';

/**
 * WebKitGTK's driver, the browser that it drives, and a screen for it. Linux alone has them.
 *
 * @typedef {{ driver: string, browser: string, screen: string }} WebKit
 */

/** Finds them; installs nothing. @returns {WebKit | null} */
export function findWebKit() {
  const [driver, browser, screen] = [
    placesOf(['WebKitWebDriver']).find(isExecutable),
    browserPlaces().find(isExecutable),
    placesOf(['Xvfb']).find(isExecutable),
  ];
  return driver && browser && screen ? { driver, browser, screen } : null;
}

/** As `findWebKit`, and where one of them is missing, as root on Debian, installs them. */
export function installWebKit() {
  const found = findWebKit();
  if (found || !mayUseApt()) return found;
  aptInstall(['webkit2gtk-driver', 'xvfb']);
  return findWebKit();
}

/** @returns {string[]} */
function browserPlaces() {
  return ['/usr/lib', '/usr/libexec', ...libraries()].flatMap((folder) =>
    ['4.1', '4.0', '6.0'].map(
      (version) => `${folder}/webkit${version === '6.0' ? 'gtk' : '2gtk'}-${version}/MiniBrowser`,
    ),
  );
}

/** Debian's own folder for each kind of machine. @returns {string[]} */
function libraries() {
  if (!existsSync('/usr/lib')) return [];
  return readdirSync('/usr/lib')
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => `/usr/lib/${name}`);
}
