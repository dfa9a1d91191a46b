import { describe, expect, it } from 'vitest';
import { casesOfVitest, countCases } from './cases.js';

const file = (status: string, ...statuses: string[]) => ({
  name: 'some.test.ts',
  status,
  assertionResults: statuses.map((each, index) => ({ status: each, fullName: `case ${index}` })),
});

describe('counting the cases of a vitest report', () => {
  it('counts what passed and failed over all files', () => {
    const cases = countCases({ testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')] });
    expect(cases).toEqual({ passed: 3, failed: 1, skipped: [], broken: [] });
  });

  it('names what was skipped or left to do', () => {
    const cases = countCases({ testResults: [file('passed', 'passed', 'skipped', 'todo', 'pending')] });
    expect(cases).toEqual({ passed: 1, failed: 0, skipped: ['case 1', 'case 2', 'case 3'], broken: [] });
  });

  it('takes a file that could not be loaded for a failure, though it has no failed case', () => {
    const cases = countCases({ testResults: [file('failed'), file('passed', 'passed')] });
    expect(cases.broken).toEqual(['some.test.ts could not be run']);
  });

  it('takes a report without any test for a failure', () => {
    expect(countCases({ testResults: [] }).broken).toEqual(['no test was found']);
  });

  it('takes a missing report for a failure', () => {
    expect(casesOfVitest('/nowhere/report.json').broken).toHaveLength(1);
  });
});
