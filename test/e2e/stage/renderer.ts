import { readdirSync, readFileSync } from 'node:fs';
import type { Engine, EnginePage } from './engine.ts';

/** Only Linux says, where anyone can read it, what processes there are and what each of them has used. */
export const canFindRenderers: boolean = process.platform === 'linux';

/** Enough work to be told from what idle pages do, however busy the machine is. */
const work = '(() => { let sum = 0; for (let at = 0; at < 1e8; at++) sum = (sum + at) | 0; return sum; })()';
const ticksOfWork = 4;
const maxRounds = 20;

/**
 * The process that runs a page. No driver tells; but it is the one that works whenever the page does. Fails if that is
 * never a single one.
 */
export async function rendererOf({ pid }: Pick<Engine, 'pid'>, page: EnginePage): Promise<number> {
  let fitting: readonly number[] | undefined;
  for (let round = 0; round < maxRounds; round++) {
    const before = ticksUnder(pid);
    await page.evaluate(work);
    const worked = [...ticksUnder(pid)].filter(([id, ticks]) => ticks - (before.get(id) ?? 0) >= ticksOfWork);
    const fit = worked.map(([id]) => id);
    fitting = fitting?.filter((id) => fit.includes(id)) ?? fit;
    if (round > 0 && fitting.length === 1) return fitting[0] as number;
    if (fitting.length === 0) fitting = undefined;
  }
  throw new Error(`no single process works when the page does: ${fitting?.join(', ')}`);
}

/** Ticks of CPU time of all processes that descend from that one. */
function ticksUnder(root: number): Map<number, number> {
  const ticks = new Map<number, number>();
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const fields = fieldsOf(name);
    if (fields === null) continue;
    // As in proc(5), counted from the one after the name: state, parent, … utime, stime.
    parents.set(Number(name), Number(fields[1]));
    ticks.set(Number(name), Number(fields[11]) + Number(fields[12]));
  }
  const isUnder = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isUnder(parents.get(pid)));
  return new Map([...ticks].filter(([pid]) => isUnder(pid)));
}

function fieldsOf(name: string): readonly string[] | null {
  if (!/^\d+$/.test(name)) return null;
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // it has ended meanwhile
  }
}
