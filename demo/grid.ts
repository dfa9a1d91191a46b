import { frameAddress, type Address } from './address.ts';
import { openBackstage } from './backstage.ts';
import type { HealWish } from './cutting.ts';
import { furnishElectorSelect } from './elector-select.ts';
import { roomOf } from './electors.ts';
import { html, svg, write } from './element.ts';
import { bellPath, clapperPath } from './bell.ts';
import { freshName } from './names.ts';
import { freshMs, readReport, type Report } from './reports.ts';
import { counted } from './words.ts';

const maxFrames = 9;

/** Several members on one page, each in a frame of its own: a whole election for a single visitor. */
export function showGrid(address: Address, count: number): void {
  const names = new Set<string>();
  const frames = html('div', { class: 'frames', 'data-testid': 'frames' });
  const summary = html(
    'p',
    { class: 'grid-summary', 'data-testid': 'grid-summary', role: 'status' },
    'Waiting for the flock.',
  );
  const heal = html('button', { type: 'button', 'data-testid': 'button-heal-all' }, 'Heal');
  const add = html('button', { type: 'button', class: 'strong', 'data-testid': 'button-add' }, 'Add a member');
  const backstage = openBackstage(roomOf(address));

  const fit = (): void => {
    frames.dataset['count'] = String(frames.childElementCount);
    add.disabled = frames.childElementCount >= maxFrames;
  };
  const put = (): void => {
    const name = freshName(names, Math.random());
    names.add(name);
    const close = html(
      'button',
      { type: 'button', class: 'close', 'aria-label': `Close ${name}`, title: `Close ${name}` },
      '×',
    );
    const frame = html('iframe', { src: frameAddress(new URL(location.href), name), title: `Member ${name}` });
    const cell = html('div', { class: 'frame' }, frame, close);
    close.addEventListener('click', () => {
      cell.remove();
      fit();
    });
    frames.append(cell);
    fit();
  };

  const elector = html('select', { 'data-testid': 'elector', 'aria-label': 'How the leader is elected' });
  furnishElectorSelect(elector, address);
  add.addEventListener('click', put);
  heal.addEventListener('click', () => {
    backstage.sendWish({ kind: 'heal', by: 'grid', atMs: Date.now() } satisfies HealWish);
  });
  document.body.dataset['view'] = 'grid';
  document.body.append(
    html(
      'header',
      { class: 'bar' },
      html(
        'a',
        { class: 'brand', href: './', 'aria-label': 'Bellwether, start page' },
        svg(
          'svg',
          { class: 'brand-bell', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
          svg('path', { d: bellPath }),
          svg('path', { d: clapperPath }),
        ),
        html('span', {}, 'Bellwether'),
      ),
      html('p', { class: 'place' }, 'in ', html('strong', {}, address.room), ' by ', elector),
      summary,
      html('div', { class: 'invite' }, heal, add),
    ),
    frames,
  );
  putOneByOne(count, put, backstage.onReport);
  summarise(backstage.onReport, summary);
}

/** How long a frame is waited for that does not join. */
const joinMs = 2500;

/** Many pages that start at once on one thread keep each other from answering: the next comes once the last has joined. */
function putOneByOne(count: number, put: () => void, onReport: (run: (value: unknown) => void) => void): void {
  const joined = new Set<string>();
  let left = count;
  let patience: ReturnType<typeof setTimeout> | undefined;
  const next = (): void => {
    clearTimeout(patience);
    if (left === 0) return;
    left -= 1;
    put();
    patience = setTimeout(next, joinMs);
  };
  onReport((value) => {
    const report = readReport(value);
    if (!report?.leader || joined.has(report.id)) return;
    joined.add(report.id);
    next();
  });
  next();
}

/** Counts leaders by what the members say themselves. */
function summarise(onReport: (run: (value: unknown) => void) => void, summary: HTMLElement): void {
  const reports = new Map<string, Report & { readonly atMs: number }>();
  onReport((value) => {
    const report = readReport(value);
    if (report) reports.set(report.id, { ...report, atMs: performance.now() });
  });
  setInterval(() => {
    for (const [id, report] of reports) if (report.atMs < performance.now() - freshMs) reports.delete(id);
    const leaders = [...reports.values()].filter((report) => report.leads);
    summary.dataset['leaders'] = String(leaders.length);
    write(summary, `${counted(reports.size, 'member')}, ${counted(leaders.length, 'leader')}`);
  }, 250);
}
