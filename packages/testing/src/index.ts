export type { AdoptedClient, ContractHarness, Disturbance, Fault } from './contract/contract-harness.js';
export type { ContractCase, ContractId } from './contract/contract-case.js';
export { providerContract } from './contract/provider-contract.js';
export { ManualClock, type PendingTimer } from './time/manual-clock.js';
export { SeededRandom } from './time/seeded-random.js';
export { Wire } from './wire/wire.js';
export { WiredProvider } from './wire/wired-provider.js';
export { VirtualCluster, type VirtualClusterOptions } from './simulation/virtual-cluster.js';
export type { InstanceOptions, VirtualApp, VirtualInstance } from './simulation/virtual-instance.js';
export type { NetworkConditions } from './simulation/virtual-network.js';
export {
  simulate,
  type Simulation,
  type SimulationCounts,
  type SimulationOptions,
} from './simulation/simulate.js';
export { type KindName, kindNames } from './simulation/kinds/kinds.js';
export { shrink } from './simulation/shrink.js';
