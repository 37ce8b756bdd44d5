import { parentPort, workerData } from 'node:worker_threads';
import { simulate } from '@leased-jobs/testing';
import { addTo, noTotals } from './totals.js';

// Plays every `stride`th seed of a range, and tells what they came to.
const { from, to, stride } = workerData as {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
};
const totals = noTotals();
for (let seed = from; seed < to; seed += stride) {
  const { counts, violations } = await simulate(seed);
  addTo(totals, counts);
  if (violations.length > 0) totals.failed.push(seed);
}
parentPort?.postMessage(totals);
