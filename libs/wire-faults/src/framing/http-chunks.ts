/** Where a chunked body that begins at `start` ends, trailers included; `null` if it has not all arrived. */
export function endOfChunks(bytes: Buffer, start: number): number | null {
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    // `parseInt`, for an extension may follow the length.
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(length)) throw new Error('This is no chunk of HTTP/1.1.');
    at = lineEnd + 2;
    if (length === 0) return endOfTrailers(bytes, at);
    at += length + 2;
  }
}

/** Lines, up to and including an empty one. */
function endOfTrailers(bytes: Buffer, start: number): number | null {
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    if (lineEnd === at) return lineEnd + 2;
    at = lineEnd + 2;
  }
}
