import { defaultDataDir, numberFlags } from './flags.ts';

export const usage = `bellwether: elect one leader among browser tabs, peers and processes

  bellwether serve [flags]   run the signaling server
  bellwether --version       print the version
  bellwether --help          print this

bellwether serve --help explains its flags.
`;

export function serveUsage(): string {
  const rows: [string, string][] = [
    ['--host <address>', 'the address to listen on; 0.0.0.0 takes all (default 127.0.0.1)'],
    ['--path </path>', 'the only path that clients may connect to (default: any)'],
    [
      '--origin <origin>',
      'pages of this origin may connect, such as https://example.org; repeat it for more (default: any)',
    ],
    ['--data <folder>', `remembers rooms and their witnesses there over a restart (default ${defaultDataDir})`],
    ['--memory', 'remembers them in memory only, for trying out'],
    ['--fresh', 'no server of these rooms ran before, other than with this folder: see below'],
    [
      '--trust-proxy [number]',
      'so many proxies of your own stand in front: take addresses from the end of X-Forwarded-For (alone: 1; default 0)',
    ],
  ];
  for (const [name, { default: otherwise, says }] of Object.entries(numberFlags)) {
    rows.push([`--${name} <number>`, `${says} (default ${otherwise})`]);
  }
  rows.push(['--help', 'print this']);
  return `bellwether serve: run the signaling server until SIGINT or SIGTERM

${rows.map(([flag, says]) => `  ${flag.padEnd(40)} ${says}`).join('\n')}

Whoever has lost its memory cannot know which rooms have a leader. So with a new folder, or with --memory, rooms of
quorum() get their first leader only when any older one must have ended: after --max-charter-ms, 2 minutes by default.
--fresh says that there was none: give it the first time a server is started for your members, and always in demos.
A folder that was begun so, or has been served from for a day, makes nobody wait any more.

GET /healthz answers 200 while it serves. On SIGTERM clients are told to come back and are let go within a second;
a second signal ends at once.
`;
}
