import { lostReleaseCases, releaseCases } from './support/release-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('a release on Redis', () => openRedis(), {
  cases: [...lostReleaseCases(), ...releaseCases()],
  width: 8,
});
