import { describe, expect, it } from 'vitest';
import { summarise, toJson, toTable, type Figures } from './figures.ts';

const figures: Figures = {
  closing: { what: 'page closed → all agree', unit: 'ms', samples: [30, 8.04, 12], beside: '≤ 20 ms' },
  facade: { what: 'facade', unit: 'bytes', samples: [14_950] },
};

describe('the figures of a benchmark', () => {
  it('have the middle sample as their median, and the mean of two where two are in the middle', () => {
    expect(summarise([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(summarise([9, 1, 5, 6])).toEqual({ median: 5.5, min: 1, max: 9 });
  });

  it('are refused without samples, so that nothing is reported that was not measured', () => {
    expect(() => summarise([])).toThrow(RangeError);
  });

  it('are one JSON object with median, minimum and maximum of each', () => {
    expect(JSON.parse(toJson('sample', figures))).toEqual({
      bench: 'sample',
      figures: {
        closing: { unit: 'ms', median: 12, min: 8.04, max: 30, runs: 3 },
        facade: { unit: 'bytes', median: 14_950, min: 14_950, max: 14_950, runs: 1 },
      },
    });
  });

  it('stand in a table in words', () => {
    expect(toTable(figures).split('\n')).toEqual([
      '                           median      min   worst',
      'page closed → all agree     12 ms   8.0 ms   30 ms   ≤ 20 ms',
      'facade                    14.9 kB',
    ]);
  });
});
