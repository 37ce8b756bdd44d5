import { acquireCases, hopelessCases } from './support/acquire-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openAzurite } from './support/wire-store.js';

describeSideBySide('an attempt on Azurite', openAzurite, {
  cases: [
    ...hopelessCases(),
    ...acquireCases([
      { name: 'when it reads the blob', nth: 1 },
      { name: 'when it makes the blob', nth: 2, fresh: true },
      { name: 'when it leases the blob', nth: 2 },
      { name: 'when it writes the grant', nth: 3 },
    ]),
  ],
  width: 5,
});
