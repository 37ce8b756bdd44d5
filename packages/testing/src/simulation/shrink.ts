import type { Scenario } from './scenario.js';
import { simulate, type Simulation, type SimulationSeams } from './simulate.js';

/**
 * Makes a failing scenario smaller while it still breaks the same invariant: fewer faults, users, jobs and instances, and a
 * shorter storm. Returns the smallest that it has found.
 */
export async function shrink(failed: Simulation, seams: SimulationSeams = {}): Promise<Simulation> {
  const invariant = failed.violations[0]?.invariant;
  let smallest = failed;
  for (let again = true; again;) {
    again = false;
    for (const smaller of smallerOnes(smallest.scenario)) {
      const simulation = await simulate(smaller, { ...seams, kind: failed.kind });
      if (!simulation.violations.some((violation) => violation.invariant === invariant)) continue;
      smallest = simulation;
      again = true;
      break;
    }
  }
  return smallest;
}

function* smallerOnes(scenario: Scenario): Iterable<Scenario> {
  const { faults, jobs, users, instances, stormEnds } = scenario;
  const middle = Math.floor(faults.length / 2);
  if (faults.length > 1) {
    yield { ...scenario, faults: faults.slice(0, middle) };
    yield { ...scenario, faults: faults.slice(middle) };
  }
  for (const fault of faults) yield { ...scenario, faults: faults.filter((other) => other !== fault) };
  for (const user of users) yield { ...scenario, users: users.filter((other) => other !== user) };
  if (jobs.length > 1) {
    for (const job of jobs) yield { ...scenario, jobs: jobs.filter((other) => other !== job) };
  }
  const last = instances.length - 1;
  if (last > 0 && !faults.some((fault) => 'instance' in fault && fault.instance === last)) {
    yield { ...scenario, instances: instances.slice(0, last) };
  }
  const needed = Math.max(1_000, ...faults.map(({ at, lasts }) => at + lasts));
  const shorter = Math.max(needed, Math.floor(stormEnds / 2));
  if (shorter < stormEnds) yield { ...scenario, stormEnds: shorter };
}
