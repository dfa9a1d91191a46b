// @ts-check
// Plain JavaScript: test/all.js uses it before anything is installed.
import { join } from 'node:path';
import { aptInstall, mayUseApt, placesOf, run, starts } from './programs.js';

/** What brings a Chromium to this machine, for whoever has none. */
export const chromiumCommand = 'npx playwright install --with-deps chromium';

/** What to start Chromium with, for quiet pages and no traffic of its own; root has no sandbox. */
export const chromiumArguments = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Finds a Chromium that starts: the one named by `CHROMIUM_PATH`, one on this machine, or the one that Playwright has
 * downloaded before. Installs nothing.
 *
 * @returns {Promise<string | null>} The path of its executable; `null` where there is none.
 * @throws When `CHROMIUM_PATH` names something that does not start.
 */
export async function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    if (!starts(chosen)) throw new Error(`CHROMIUM_PATH is ${chosen}, which does not start. Correct or unset it.`);
    return chosen;
  }
  return [...placesOnThisMachine(), ...(await playwrightPlaces())].find(starts) ?? null;
}

/**
 * As `findChromium`, and where there is none, installs one: Playwright's download, or, as root on Debian, the
 * distribution's.
 *
 * @param {(line: string) => void} say Told what is being done.
 * @returns {Promise<string>}
 * @throws With the command to run, where it cannot be done from here.
 */
export async function installChromium(say) {
  const found = await findChromium();
  if (found) return found;
  say("no Chromium here: downloading Playwright's");
  run(process.platform === 'win32' ? 'npx.cmd' : 'npx', ['--no-install', 'playwright', 'install', 'chromium']);
  const downloaded = await findChromium();
  if (downloaded) return downloaded;
  if (mayUseApt()) {
    say("no Chromium here: installing the distribution's");
    aptInstall(['chromium']);
    const installed = await findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'No Chromium was found and none could be installed. Run one of these, then try again:\n' +
      `  ${chromiumCommand}\n` +
      '  sudo apt-get install -y chromium\n' +
      'or name one that is there: CHROMIUM_PATH=/path/to/chromium npm test',
  );
}

/** @returns {string[]} */
function placesOnThisMachine() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    const tails = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe'];
    return roots.flatMap((root) => (root ? tails.map((tail) => join(root, tail)) : []));
  }
  return placesOf(names);
}

/** @returns {Promise<string[]>} */
async function playwrightPlaces() {
  try {
    const { chromium } = await import('playwright');
    return [chromium.executablePath()];
  } catch {
    return []; // not installed yet, or this platform is not supported by it
  }
}
