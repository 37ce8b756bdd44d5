import { acquireCases, hopelessCases } from './support/acquire-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openRedis } from './support/wire-store.js';

describeSideBySide('an attempt on Redis', () => openRedis(), {
  cases: [...acquireCases([{ name: 'which is its only one', nth: 1 }]), ...hopelessCases()],
  width: 6,
});
