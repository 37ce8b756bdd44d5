import { describe, expect, it } from '@jest/globals';
import { type JestResults, verdictOn } from '../src/jest-verdict.js';

const CASE = { file: 'packages/core/test/lease.test.ts', title: 'a lease ends' };

function results(
  assertionResults: JestResults['testResults'][number]['assertionResults'],
  message = '',
): JestResults {
  return { testResults: [{ name: `/copy/${CASE.file}`, message, assertionResults }] };
}

function result(status: string, ...failureMessages: readonly string[]) {
  return { fullName: CASE.title, status, failureMessages };
}

describe('the verdict on a case', () => {
  it('is that it passed, whatever became of the others', () => {
    const others = { ...result('failed', 'Error: no'), fullName: 'a lease begins' };
    expect(verdictOn(CASE, results([others, result('passed')]))).toEqual({ verdict: 'passed' });
  });

  it.each([
    ['what it expected was not so', 'Error: \u001B[2mexpect(\u001B[22mreceived).toBe(expected)\n\n1, 2'],
    ['it did not end', 'Error: thrown: "Exceeded timeout of 5000 ms for a test.'],
    ['it met an error', 'TypeError: answer is not iterable'],
  ])('is that it failed if %s', (_, message) => {
    expect(verdictOn(CASE, results([result('failed', message)])).verdict).toBe('failed');
  });

  it.each([
    ['it was left out', results([result('pending')])],
    ['its file does not load', results([], '  ● Test suite failed to run\n\n x Expression expected')],
    ['its file is not there', { testResults: [] }],
    ['there are two of its name', results([result('failed', 'Error: no'), result('passed')])],
    [
      'the source is no program any more',
      results([result('failed', 'ReferenceError: grant is not defined')]),
    ],
    [
      'its set-up hung',
      results([result('failed', 'Error: thrown: "Exceeded timeout of 5000 ms for a hook.')]),
    ],
  ])('is that it was not run if %s', (_, given) => {
    expect(verdictOn(CASE, given)).toMatchObject({ verdict: 'not run', why: expect.stringMatching(/./) });
  });
});
