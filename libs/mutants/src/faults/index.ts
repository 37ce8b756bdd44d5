import type { Fault } from '../fault.js';
import { KEEPING_FAULTS } from './keeping-faults.js';

/** In the order in which they are tried. */
export const FAULTS: readonly Fault[] = [...KEEPING_FAULTS];
