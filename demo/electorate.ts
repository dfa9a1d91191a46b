import type { Snapshot } from 'bellwether';
import { attributes, part, svg, write } from './element.ts';
import { flockOf, witnessOf } from './flock.ts';
import { drawHut } from './hut.ts';
import { drawSheep } from './sheep.ts';
import type { Stage } from './stage.ts';
import { counted } from './words.ts';

/** Draws what stands for voters and learners, and the witness's hut. Nothing of it is shown where all vote alike. */
export function furnishElectorate(elector: string): void {
  document.body.dataset['elector'] = elector;
  part('hut').append(...drawHut());
  for (const role of ['voter', 'learner']) part(`sample-${role}`).append(svg('g', { 'data-role': role }, drawSheep()));
}

/** Who votes: so many of the members, and the witness, which the server runs. */
export function showElectorate(snapshot: Snapshot, { cut, frozen }: Pick<Stage, 'cut' | 'frozen'>): void {
  const flock = flockOf(snapshot);
  const learners = flock.filter(({ role }) => role === 'learner').length;
  write(part('voters'), counted(flock.length - learners, 'voter'));
  write(part('learners'), counted(learners, 'learner'));
  part('learners').parentElement?.toggleAttribute('hidden', learners === 0);
  const witness = witnessOf(snapshot);
  const inReach = witness?.reachable === true && cut?.from.has(witness.id) !== true && !frozen;
  attributes(part('witness'), { 'data-witness': witness ? (inReach ? 'there' : 'away') : 'none' });
  write(part('witness-note'), witness ? (inReach ? 'votes, never leads' : 'out of reach') : 'has no vote now');
}

/** Nothing is known of who votes from outside. */
export function hideElectorate(): void {
  for (const testId of ['voters', 'learners']) write(part(testId), '');
  attributes(part('witness'), { 'data-witness': 'none' });
  write(part('witness-note'), '');
}
