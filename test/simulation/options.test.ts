import { expect, test } from 'vitest';
import { FlagsError } from '../flags.ts';
import { parseOptions } from './options.ts';
import { parseSchedule, ScheduleError } from './schedule.ts';

test('flags are read, and have defaults', () => {
  expect(parseOptions([])).toMatchObject({ elector: 'available', from: 1, seeds: 500, seed: null, json: false });
  expect(parseOptions(['--seeds', '20', '--from', '7', '--json'])).toMatchObject({ seeds: 20, from: 7, json: true });
  expect(parseOptions(['--seed', '12'])).toMatchObject({ seed: 12 });
  expect([parseOptions(['--help']).help, parseOptions(['-h']).help, parseOptions([]).help]).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  [['--seeds', 'many']],
  [['--seeds', '-1']],
  [['--seeds', '0']],
  [['--cpu-seconds', '0']],
  [['--from']],
  [['7']],
  [['--seed', '1e99']],
  [['--elector', 'toString']],
  [['--sedes']],
])('bad flags %j are answered in one line that says what they may be', (args) => {
  const attempt = () => parseOptions(args);
  expect(attempt).toThrow(FlagsError);
  expect(attempt).toThrow(/^[^\n]*may be[^\n]*$/);
});

test.each(['', '[]', 'null', '{"seed":1}', '{"seed":1,"seats":1,"minMembers":1,"faultsMs":1,"faults":{}}'])(
  'the schedule %j is refused with a reason',
  (text) => expect(() => parseSchedule(text)).toThrow(ScheduleError),
);
