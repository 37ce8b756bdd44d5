import { describeSideBySide } from './support/side-by-side.js';
import { inTheServer, onTheWire, silenceCase } from './support/silence-cases.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('holders on Redis', openRedis, { cases: [silenceCase(onTheWire, 'over their wires')] });
describeSideBySide('holders on a Redis of their own', openRedis, {
  cases: [silenceCase(inTheServer, 'the server')],
});
