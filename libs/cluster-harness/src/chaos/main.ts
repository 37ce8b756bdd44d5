import { parseArgs } from 'node:util';
import { freezeHolders } from './freezes/freezes.js';
import { CHAOS_BACKENDS, type ChaosBackend } from './plan.js';
import { printLine } from './print.js';
import { playRounds } from './rounds.js';
import { soak } from './soak/soak.js';
import { raceForTakeovers } from './takeovers/takeovers.js';

// The process nemesis. One of:
//   --rounds N [--seed S] [--backend file|redis|azure-blob]   clusters under seeded plans of disturbances; the default
//   --freeze N      holders frozen for 1.5 ttl beside a fenced resource
//   --takeovers N   stale leases on files, raced for by eight processes
//   --soak MINUTES  one process on all three stores, sampled for what it keeps
// Ends with code 1 if anything was wrong.

const { values } = parseArgs({
  options: {
    freeze: { type: 'string' },
    takeovers: { type: 'string' },
    soak: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string' },
    backend: { type: 'string' },
  },
});

process.exitCode = (await chosen()) ? 0 : 1;

function chosen(): Promise<boolean> {
  const { freeze, takeovers, soak: minutes } = values;
  if (freeze !== undefined) return freezeHolders(wholeNumber('freeze', freeze), printLine);
  if (takeovers !== undefined) return raceForTakeovers(wholeNumber('takeovers', takeovers), printLine);
  if (minutes !== undefined) return soak(amount('soak', minutes), printLine);
  return playRounds({
    rounds: wholeNumber('rounds', values.rounds),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e6) : wholeNumber('seed', values.seed),
    backends: backends(values.backend),
    print: printLine,
  });
}

function backends(only: string | undefined): readonly ChaosBackend[] {
  if (only === undefined) return CHAOS_BACKENDS;
  const known = CHAOS_BACKENDS.filter((backend) => backend === only);
  if (known.length === 0) throw new Error(`--backend is ${only}. Choose ${CHAOS_BACKENDS.join(', ')}.`);
  return known;
}

function amount(option: string, value: string): number {
  const number = Number(value);
  if (number > 0 && number < Infinity) return number;
  throw new Error(`--${option} is ${value}. Choose a number above 0.`);
}

function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${option} is ${value}. Choose a whole number from 1 on.`);
}
