import { droppedCase } from './support/dropped-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openRedis } from './support/wire-store.js';

// A swallowed answer costs more than half a second before it is noticed: a ttl that leaves room for it on a busy machine.
describeSideBySide('holders on Redis', () => openRedis(6_000), {
  cases: [droppedCase({ runs: 200, ttls: 3 })],
});
