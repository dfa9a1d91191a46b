// @ts-check
import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: string[], broken: string[] }} Cases */

/**
 * What vitest's JSON report says. A file that could not even be loaded has no cases, and is one failure.
 *
 * @param {string} path
 * @returns {Cases}
 */
export function casesOfVitest(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { passed: 0, failed: 0, skipped: [], broken: ['vitest wrote no report: it ended before its tests did'] };
  }
  return countCases(JSON.parse(text));
}

/**
 * @typedef {{ status: string, fullName: string }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} File
 */

/**
 * @param {{ testResults: File[] }} report
 * @returns {Cases}
 */
export function countCases(report) {
  const assertions = report.testResults.flatMap((file) => file.assertionResults);
  /** @type {(status: string) => Assertion[]} */
  const having = (status) => assertions.filter((assertion) => assertion.status === status);
  const passed = having('passed').length;
  const failed = having('failed').length;
  const skipped = assertions.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const broken = report.testResults
    .filter((file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'))
    .map((file) => `${file.name} could not be run`);
  if (passed + failed + broken.length === 0) broken.push('no test was found');
  return { passed, failed, skipped: skipped.map(({ fullName }) => fullName), broken };
}
