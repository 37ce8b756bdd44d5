import { describe, expect, it } from '@jest/globals';
import type { Instance } from '../../src/cluster/instance.js';
import { prefixer } from '../../src/cluster/prefix.js';

const WEB_2 = { number: 2, name: 'web-2', pid: 7 } as Instance;

function out(terminal: Partial<NodeJS.WriteStream>): NodeJS.WriteStream {
  return terminal as NodeJS.WriteStream;
}

describe('the prefix of a line', () => {
  it('is plain where there is no terminal, or one that wants no colours', () => {
    expect(prefixer(out({}))(WEB_2)).toBe('[web-2 pid 7]');
    expect(prefixer(out({ isTTY: true, hasColors: () => false }))(WEB_2)).toBe('[web-2 pid 7]');
  });

  it('is coloured in a terminal', () => {
    expect(prefixer(out({ isTTY: true, hasColors: () => true }))(WEB_2)).toBe(
      '\u001B[35m[web-2 pid 7]\u001B[39m',
    );
  });
});
