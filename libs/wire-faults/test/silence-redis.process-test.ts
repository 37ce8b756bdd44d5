import { describeSideBySide } from './support/side-by-side.js';
import { silenceCases } from './support/silence-cases.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('holders on Redis', () => openRedis(), { cases: silenceCases(() => openRedis()) });
