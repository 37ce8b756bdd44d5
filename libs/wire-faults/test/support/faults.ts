import type { Fault } from '../../src/index.js';

/** One fault of each kind, small enough that an attempt can outlive it, and how a sentence calls it. */
export const FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ['a request that is held up for 300 ms', { kind: 'delay', half: 'request', by: 300 }],
  ['an answer that is held up for 300 ms', { kind: 'delay', half: 'answer', by: 300 }],
  ['a request that is held up until it has been given up', { kind: 'delay', half: 'request', by: 1_200 }],
  ['an answer that is held up until nobody waits for it', { kind: 'delay', half: 'answer', by: 1_200 }],
  ['a connection that closes before the store has the request', { kind: 'break-before', by: 'close' }],
  ['a connection that is reset before the store has the request', { kind: 'break-before', by: 'reset' }],
  ['a connection that closes in place of the answer', { kind: 'break-after', by: 'close' }],
  ['a connection that is reset in place of the answer', { kind: 'break-after', by: 'reset' }],
  ['a swallowed answer, on a connection that stays silent', { kind: 'swallow' }],
  ['a request that trickles', { kind: 'trickle', half: 'request', bytes: 64, every: 5 }],
  ['an answer that trickles', { kind: 'trickle', half: 'answer', bytes: 16, every: 5 }],
  ['a request that arrives twice at once', { kind: 'duplicate', after: 0 }],
  ['a request that arrives once more later', { kind: 'duplicate', after: 700 }],
  ['a request that arrives after its connection has closed', { kind: 'arrive-late', by: 700 }],
];
