// @ts-check
// Plain JavaScript: test/all.js uses it before anything is installed.
import { aptInstall, mayUseApt, placesOf, starts } from './programs.js';

/** What brings a Firefox to this machine, for whoever has none. */
export const firefoxCommand = 'sudo apt-get install -y firefox-esr';

/**
 * Finds a Firefox that starts: the one named by `FIREFOX_PATH`, or one on this machine. Installs nothing.
 *
 * @returns {string | null} The path of its executable; `null` where there is none.
 * @throws When `FIREFOX_PATH` names something that does not start.
 */
export function findFirefox() {
  const chosen = process.env.FIREFOX_PATH;
  if (chosen) {
    if (!starts(chosen)) throw new Error(`FIREFOX_PATH is ${chosen}, which does not start. Correct or unset it.`);
    return chosen;
  }
  const places =
    process.platform === 'darwin'
      ? ['/Applications/Firefox.app/Contents/MacOS/firefox']
      : placesOf(['firefox-esr', 'firefox']);
  return places.find(starts) ?? null;
}

/** As `findFirefox`, and where there is none, as root on Debian, installs one. */
export function installFirefox() {
  const found = findFirefox();
  if (found || !mayUseApt()) return found;
  aptInstall(['firefox-esr']);
  return findFirefox();
}
