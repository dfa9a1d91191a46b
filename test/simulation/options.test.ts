import { expect, test } from 'vitest';
import { OptionsError, parseOptions } from './options.ts';
import { parseSchedule, ScheduleError } from './schedule.ts';

test('flags are read, and have defaults', () => {
  expect(parseOptions([])).toMatchObject({ elector: 'available', from: 1, seeds: 500, seed: null, json: false });
  expect(parseOptions(['--seeds', '20', '--from', '7', '--json'])).toMatchObject({ seeds: 20, from: 7, json: true });
  expect(parseOptions(['--seed', '12'])).toMatchObject({ seed: 12 });
});

test.each([
  [['--seeds', 'many']],
  [['--seeds', '-1']],
  [['--seed', '1e99']],
  [['--elector', 'toString']],
  [['--sedes']],
])('bad flags %j are answered in one line that says what they may be', (args) => {
  const attempt = () => parseOptions(args);
  expect(attempt).toThrow(OptionsError);
  expect(attempt).toThrow(/^[^\n]*may be[^\n]*$/);
});

test.each(['', '[]', 'null', '{"seed":1}', '{"seed":1,"seats":1,"minMembers":1,"faultsMs":1,"faults":{}}'])(
  'the schedule %j is refused with a reason',
  (text) => expect(() => parseSchedule(text)).toThrow(ScheduleError),
);
