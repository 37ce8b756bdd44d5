import { renewCases } from './support/renew-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openAzurite } from './support/wire-store.js';

describeSideBySide('a holder on Azurite', openAzurite, { cases: renewCases() });
