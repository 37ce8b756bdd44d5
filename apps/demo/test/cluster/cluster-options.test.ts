import { describe, expect, it } from '@jest/globals';
import { parseClusterOptions, UsageError } from '../../src/cluster/cluster-options.js';

function refusal(args: readonly string[], port?: string): string {
  try {
    parseClusterOptions(args, port);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
    throw thrown;
  }
  throw new Error('It was accepted.');
}

describe('the options of npm start', () => {
  it('are three instances from port 3000 on, unless told otherwise', () => {
    expect(parseClusterOptions([], undefined)).toEqual({ instances: 3, firstPort: 3_000, help: false });
    expect(parseClusterOptions(['--instances', '100'], '4000')).toEqual({
      instances: 100,
      firstPort: 4_000,
      help: false,
    });
    expect(parseClusterOptions(['-n', '1', '--help'], undefined)).toMatchObject({ instances: 1, help: true });
  });

  it.each(['0', '101', 'NaN', '1.5', '-5', '', '1e1'])(
    'refuse %p instances, and say what is possible',
    (text) => {
      expect(refusal([`--instances=${text}`])).toBe(
        `--instances is ${JSON.stringify(text)}. Choose a whole number from 1 to 100.`,
      );
    },
  );

  it.each([
    [['--instances'], "Option '-n, --instances <value>' argument missing. See npm start -- --help."],
    [['--instance', '5'], "Unknown option '--instance'. See npm start -- --help."],
    [['5'], "Unexpected argument '5'. See npm start -- --help."],
  ])('refuse %j in one line', (args, message) => {
    expect(refusal(args)).toBe(message);
  });

  it('refuse a PORT that is none', () => {
    expect(refusal([], 'http')).toBe('PORT is "http". Choose a whole number from 1 to 65535.');
  });
});
