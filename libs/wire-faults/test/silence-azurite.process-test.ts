import { describeSideBySide } from './support/side-by-side.js';
import { inTheServer, onTheWire, silenceCase } from './support/silence-cases.js';
import { openAzurite } from './support/wire-store.js';

describeSideBySide('holders on Azurite', openAzurite, {
  cases: [silenceCase(onTheWire, 'over their wires')],
});
describeSideBySide('holders on a Azurite of their own', openAzurite, {
  cases: [silenceCase(inTheServer, 'the server')],
});
