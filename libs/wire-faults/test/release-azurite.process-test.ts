import { lostReleaseCases, releaseCases } from './support/release-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openAzurite } from './support/wire-store.js';

describeSideBySide('a release on Azurite', openAzurite, {
  cases: [...lostReleaseCases(), ...releaseCases()],
  width: 5,
});
