import { describe, expect, it } from '@jest/globals';
import { OneLineLogger } from '../src/one-line-logger.js';

function logged(act: (logger: OneLineLogger) => void): string[] {
  const lines: string[] = [];
  act(new OneLineLogger({ write: (text) => lines.push(text) }));
  return lines.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, 'T '));
}

describe('the log', () => {
  it('writes the time and what happened, and who says it where the text does not', () => {
    expect(logged((logger) => logger.log('Lease renewed: a (token 1)', 'LeasedJobs'))).toEqual([
      'T Lease renewed: a (token 1)\n',
    ]);
    expect(logged((logger) => logger.log('sent', 'newsletter'))).toEqual(['T newsletter: sent\n']);
  });

  it('leaves out what the framework says while it starts', () => {
    expect(logged((logger) => logger.log('Mapped {/, GET} route', 'RouterExplorer'))).toEqual([]);
  });

  it('shows warnings and errors as such, with the stack', () => {
    expect(logged((logger) => logger.warn('careful', 'LeasedJobs'))).toEqual(['T WARN careful\n']);
    expect(logged((logger) => logger.error('it failed', 'Error: it\n  at x', 'LeasedJobs'))).toEqual([
      'T ERROR it failed\n',
      'Error: it\n  at x\n',
    ]);
    expect(logged((logger) => logger.error(new Error('it failed')))).toEqual(['T ERROR it failed\n']);
  });
});
