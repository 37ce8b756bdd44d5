import { droppedCase } from './support/dropped-cases.js';
import { describeSideBySide } from './support/side-by-side.js';
import { openAzurite } from './support/wire-store.js';

// A ttl there is 15 s at least, and Azurite is slow: fewer runs, for as long as every way of dropping takes to be met.
describeSideBySide('holders on Azurite', openAzurite, { cases: [droppedCase({ runs: 15, ttls: 2 })] });
