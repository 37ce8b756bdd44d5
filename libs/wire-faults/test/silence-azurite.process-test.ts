import { describeSideBySide } from './support/side-by-side.js';
import { silenceCases } from './support/silence-cases.js';
import { openAzurite } from './support/wire-store.js';

describeSideBySide('holders on Azurite', openAzurite, { cases: silenceCases(openAzurite) });
