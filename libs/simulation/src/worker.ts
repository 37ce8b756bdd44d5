import { parentPort, workerData } from 'node:worker_threads';
import { type KindName, simulate } from '@leased-jobs/testing';
import { addTo, noTotals } from './totals.js';

// Plays every `stride`th seed of a range, and tells what they came to.
const { kind, from, to, stride } = workerData as {
  readonly kind: KindName;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
};
const totals = noTotals();
for (let seed = from; seed < to; seed += stride) {
  const { counts, violations } = await simulate(seed, { kind });
  addTo(totals, counts);
  if (violations.length > 0) totals.failed.push(seed);
}
parentPort?.postMessage(totals);
