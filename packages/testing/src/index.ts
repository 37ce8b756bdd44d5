export type { AdoptedClient, ContractHarness, Disturbance, Fault } from './contract/contract-harness.js';
export type { ContractCase, ContractId } from './contract/contract-case.js';
export { providerContract } from './contract/provider-contract.js';
export { ManualClock, type PendingTimer } from './time/manual-clock.js';
export { SeededRandom } from './time/seeded-random.js';
export { Wire } from './wire/wire.js';
export { WiredProvider } from './wire/wired-provider.js';
