import type { Fault } from '../fault.js';
import { ACQUIRING_FAULTS } from './acquiring-faults.js';
import { JOB_FAULTS } from './job-faults.js';
import { KEEPING_FAULTS } from './keeping-faults.js';
import { KIND_FAULTS } from './kind-faults.js';
import { RULE_FAULTS } from './rule-faults.js';
import { STORE_FAULTS } from './store-faults.js';
import { THREAD_FAULTS } from './thread-faults.js';
import { TIME_FAULTS } from './time-faults.js';

/** In the order in which they are tried. */
export const FAULTS: readonly Fault[] = [
  ...KEEPING_FAULTS,
  ...THREAD_FAULTS,
  ...ACQUIRING_FAULTS,
  ...TIME_FAULTS,
  ...JOB_FAULTS,
  ...KIND_FAULTS,
  ...RULE_FAULTS,
  ...STORE_FAULTS,
];
