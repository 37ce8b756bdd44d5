/** Which of the two halves of an exchange is meant. */
export type Half = 'request' | 'answer';

/**
 * What befalls one exchange of a request and its answer. Milliseconds, all.
 *
 * What the proxy has read of a client arrives at the server even if the client has gone meanwhile: so it is on a real
 * wire, where bytes that are under way know nothing of who has given up waiting.
 */
export type Fault =
  /** One half is kept back for `by`, and with it what follows on that connection. */
  | { readonly kind: 'delay'; readonly half: Half; readonly by: number }
  /** One half passes in pieces of `bytes`, one every `every`. */
  | { readonly kind: 'trickle'; readonly half: Half; readonly bytes: number; readonly every: number }
  /** The connection breaks, and the server has not got the request. */
  | { readonly kind: 'break-before'; readonly by: Breakage }
  /** The server has carried the request out; then the connection breaks in place of an answer. */
  | { readonly kind: 'break-after'; readonly by: Breakage }
  /** The server has carried the request out; no answer comes, then or ever, and the connection stays open and silent. */
  | { readonly kind: 'swallow' }
  /** The connection breaks at once, and the request arrives at the server only `by` later. */
  | { readonly kind: 'arrive-late'; readonly by: number }
  /** The request arrives twice: now, and `after` later over another connection. The second answer is thrown away. */
  | { readonly kind: 'duplicate'; readonly after: number };

/** How a connection ends: in good order (FIN), or torn (RST). */
export type Breakage = 'close' | 'reset';
