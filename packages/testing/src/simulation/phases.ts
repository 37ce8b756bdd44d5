/** What follows the storm of a scenario, in milliseconds: so long nothing goes wrong, until all are told to stop, */
export const CALM = 95_000;
/** within so long, */
export const DRAIN_TIMEOUT = 3_000;
/** and until nothing may be left of them. */
export const AFTERMATH = 30_000;
