import { describe, expect, it } from '@jest/globals';
import { RESP } from '../../src/index.js';
import { cutBytewise, cutInTwo, cutWhole } from './cut.js';

const SET = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nx\r\ny\n\r\n';
const PING = '*1\r\n$4\r\nping\r\n';
const ANSWERS = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':12\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '$0\r\n\r\n',
  '$4\r\n\r\n\r\n\r\n',
  '*2\r\n*1\r\n:1\r\n$1\r\na\r\n',
  '*0\r\n',
  '_\r\n',
  '#t\r\n',
  ',1.5\r\n',
  '(123456789012345678901234567890\r\n',
  '=7\r\ntxt:abc\r\n',
  '!3\r\nERR\r\n',
  '~2\r\n:1\r\n:2\r\n',
  '%1\r\n+key\r\n*1\r\n:1\r\n',
  '|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n',
];

describe('the framer of RESP', () => {
  it('tells pipelined commands apart, and names them in upper case', () => {
    const messages = cutWhole(RESP.requests(), SET + PING + SET);
    expect(messages).toEqual([
      ['SET', SET],
      ['PING', PING],
      ['SET', SET],
    ]);
  });

  it('finds the same commands wherever their bytes are split', () => {
    const text = SET + PING + SET;
    const whole = cutWhole(RESP.requests(), text);
    expect(cutBytewise(RESP.requests(), text)).toEqual(whole);
    for (let at = 1; at < text.length; at++) expect(cutInTwo(RESP.requests(), text, at)).toEqual(whole);
  });

  it.each(ANSWERS)('takes %j for one answer, and nothing less', (answer) => {
    const framer = framerOfAnswers();
    expect(cutBytewise(framer, answer + PING)).toEqual([
      [answer.charAt(0), answer],
      ['*', PING],
    ]);
  });

  it('refuses what is no RESP', () => {
    expect(() => framerOfAnswers().push(Buffer.from('HTTP/1.1 200 OK\r\n'))).toThrow('This is not RESP');
  });
});

const framerOfAnswers = () => RESP.answers(() => undefined);
