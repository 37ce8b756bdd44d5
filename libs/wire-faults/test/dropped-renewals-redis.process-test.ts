import { droppedCase } from './support/dropped-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('holders on Redis', openRedis, { cases: [droppedCase({ runs: 200, ttls: 3 })] });
