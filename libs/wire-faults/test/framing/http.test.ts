import { describe, expect, it } from '@jest/globals';
import { HTTP, type WireMessage } from '../../src/index.js';
import { cutBytewise, cutInTwo, cutWhole } from './cut.js';

const GET = 'GET /c/blob HTTP/1.1\r\nHost: here\r\n\r\n';
const PUT = 'PUT /c/blob HTTP/1.1\r\nContent-Length: 7\r\n\r\na\r\n\r\nb!';
const LEASE = 'PUT /c/blob?comp=lease HTTP/1.1\r\nX-MS-Lease-Action: acquire\r\ncontent-length:0\r\n\r\n';
const CHUNKS =
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=1\r\na\r\nb\r\nA\r\n0123456789\r\n0\r\n';
const CHUNKED = `${CHUNKS}\r\n`;
const TRAILED = `${CHUNKS}Digest: 1\r\nOther: 2\r\n\r\n`;

describe('the framer of HTTP requests', () => {
  const all = GET + PUT + LEASE + CHUNKED + TRAILED + GET;
  const names = [
    'GET /c/blob',
    'PUT /c/blob',
    'PUT /c/blob?comp=lease acquire',
    'POST /',
    'POST /',
    'GET /c/blob',
  ];

  it('tells pipelined requests apart, with bodies of a length, chunked ones, and none', () => {
    const messages = cutWhole(HTTP.requests(), all);
    expect(messages.map(([, text]) => text)).toEqual([GET, PUT, LEASE, CHUNKED, TRAILED, GET]);
    expect(messages.map(([name]) => name)).toEqual(names);
  });

  it('finds the same requests wherever their bytes are split', () => {
    const whole = cutWhole(HTTP.requests(), all);
    expect(cutBytewise(HTTP.requests(), all)).toEqual(whole);
    for (let at = 1; at < all.length; at++) expect(cutInTwo(HTTP.requests(), all, at)).toEqual(whole);
  });
});

describe('the framer of HTTP answers', () => {
  const asked = (name: string) => (): WireMessage => ({ name, bytes: Buffer.alloc(0) });
  const framer = (request = 'GET /') => HTTP.answers(asked(request));
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  const CREATED = 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n';

  it('finds the same answers wherever their bytes are split', () => {
    const all = OK + CREATED + OK;
    for (let at = 1; at < all.length; at++) {
      expect(cutInTwo(framer(), all, at)).toEqual([
        ['200', OK],
        ['201', CREATED],
        ['200', OK],
      ]);
    }
  });

  it.each(['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'])(
    'expects no body after %j',
    (answer) => {
      expect(cutBytewise(framer(), answer + OK)).toHaveLength(2);
    },
  );

  it('expects no body in the answer to a HEAD, whatever its length', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n';
    expect(cutBytewise(framer('HEAD /'), head)).toEqual([['200', head]]);
  });

  it('leaves an interim answer with the final one', () => {
    const both = `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${OK}`;
    expect(cutBytewise(framer(), both)).toEqual([['200', both]]);
  });

  it('takes all up to the end of the connection for the body if nothing else tells its length', () => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\nup to the end';
    const open = framer();
    expect(cutBytewise(open, answer)).toEqual([]);
    expect(open.end().map(({ bytes }) => bytes.toString())).toEqual([answer]);
  });
});
