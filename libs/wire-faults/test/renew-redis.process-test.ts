import { renewCases } from './support/renew-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('a holder on Redis', () => openRedis(), { cases: renewCases() });
