// @ts-check
// `npm start`: installs what is missing, builds, and serves the page with its signaling server. Plain JavaScript,
// because nothing may be installed yet; what a Node that is too old lacks is imported after asking its version.

const usage = `npm start -- [options]

  --port PORT        listen there (default 8080; 0 takes any free port)
  --host [ADDRESS]   let other machines in: on that address, or on all; prints a QR code for phones
  --dev              serve the page from its sources, with hot reload
  --help             this text`;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`Node ${process.versions.node} is too old: install Node 20.19 or later from https://nodejs.org`);
}

const { parseArgs } = await import('node:util');
const { buildLibrary, buildPage, install, quietly, stopCommands } = await import('./build.js');
const options = readOptions(process.argv.slice(2));

/** @type {import('./server.js').Demo | null} */
let demo = null;
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);

try {
  await step('Installing', install);
  await step('Building the library', buildLibrary);
  if (!options.dev) await step('Building the page', buildPage);
  const { startDemo } = await import('./server.js');
  demo = await startDemo(options);
} catch (error) {
  stop(inWords(error, options));
}

/** @param {string} name @param {(run: import('./build.js').Run) => Promise<void>} work */
function step(name, work) {
  return work((command) => {
    console.log(`${name} …`);
    return quietly(command);
  });
}

/** Ends everything; asked again, at once. */
function end() {
  if (ending) process.exit(130);
  ending = true;
  stopCommands();
  if (!demo) process.exit(130);
  void demo.close().then(() => process.exit(0));
}

/** @param {string[]} args */
function readOptions(args) {
  const { help, port: digits, host, dev } = parsed(args);
  if (help) {
    console.log(usage);
    process.exit(0);
  }
  const port = Number(digits);
  if (!/^\d+$/.test(digits) || port > 65_535) stop(`--port must be a number from 0 to 65535, not "${digits}"`);
  return { port, dev, ...(host === undefined ? {} : { host: host || /** @type {const} */ (true) }) };
}

/** @param {string[]} args */
function parsed(args) {
  // `--host` may stand alone.
  const whole = args.map((arg, at) => (arg === '--host' && (args[at + 1] ?? '-').startsWith('-') ? '--host=' : arg));
  try {
    return parseArgs({
      args: whole,
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string' },
        dev: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    return stop(`${reason}: see npm start -- --help`);
  }
}

/**
 * What is wrong, and what to do.
 *
 * @param {any} error
 * @param {{ port: number, host?: string | true }} options
 * @returns {string}
 */
function inWords(error, { port, host }) {
  switch (error?.code) {
    case 'EADDRINUSE':
      return `port ${port} is taken: stop what runs there, or choose another: npm start -- --port ${port + 1}`;
    case 'EACCES':
      return `port ${port} is not for everyone to open: choose one above 1023: npm start -- --port 8080`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this machine has no address "${host}": give one that it has, or --host alone`;
    case 'ENOENT':
      return error.syscall?.includes('npm')
        ? 'npm is missing: it comes with Node, from https://nodejs.org'
        : error.message;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} reason @returns {never} */
function stop(reason) {
  console.error(reason);
  process.exit(1);
}
