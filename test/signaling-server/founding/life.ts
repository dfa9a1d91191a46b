import { charterMs } from './cores.ts';
import { Town } from './town.ts';

/** Something that goes wrong, or merely happens; and what is over after a while. */
function disturb(town: Town): void {
  const { server } = town;
  const resident = town.pick([...town.residents]);
  const what: number = town.between(0, 11);
  if (what <= 1 || !resident) {
    if (town.residents.size < 6) town.moveIn();
  } else if (what === 2) resident.crash();
  else if (what === 3) resident.leave();
  else if (what === 4) resident.freeze(town.between(500, 2 * charterMs));
  else if (what === 5) town.cut(resident, town.between(1, 2));
  else if (what === 6) for (const one of some(town)) town.cut(one, town.between(0, 2));
  else if (what === 7) town.heal();
  else if (what === 8) for (const one of some(town)) one.crash();
  else if (what === 9) for (const one of some(town)) one.freeze(town.between(500, charterMs));
  else if (what === 10) restart(town);
  else server.diskMs = town.between(0, 1) * town.between(1, 800);
}

function some(town: Town) {
  return [...town.residents].filter(() => town.random() < 0.6);
}

function restart(town: Town): void {
  const { server } = town;
  if (!server.isUp) return;
  server.kill();
  const past = town.random() < 0.5 ? 'memory' : 'forgotten';
  // Only what it remembers saves it from a clock that was set back.
  server.wallOffsetMs = past === 'memory' && town.random() < 0.3 ? -3_600_000 : 0;
  town.after(town.between(1, town.random() < 0.3 ? 2 * charterMs : 1_000), () => server.start(past));
}

/** A minute of trouble, and then as long as it takes without. */
export function live(seed: number, witness: 'anchor' | 'none'): Town {
  const town = new Town(seed, witness);
  town.server.start('fresh');
  for (let i = town.between(1, 4); i > 0; i--) town.moveIn();
  for (let step = 0; step < 40; step++) {
    town.run(town.between(50, 3_000));
    for (const one of town.residents) if (town.random() < 0.5) one.append();
    disturb(town);
  }
  town.heal();
  town.server.diskMs = 0;
  town.run(3 * charterMs);
  if (town.residents.size === 0) town.moveIn();
  town.run(8 * charterMs);
  return town;
}
