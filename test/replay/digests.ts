import { simulationOf } from '../simulation/simulation.ts';
import { Trace } from '../simulation/trace.ts';

/** `node digests.ts ELECTOR FIRST LAST`: a line for each seed, with the digest of its trace. */
const [elector = '', first, last] = process.argv.slice(2);

for (let seed = Number(first); seed <= Number(last); seed++) {
  const simulation = simulationOf(elector);
  const trace = new Trace(() => {});
  const { steps } = simulation.run(simulation.draw(seed), trace);
  console.log(`${seed} ${steps} ${trace.digest()}`);
}
