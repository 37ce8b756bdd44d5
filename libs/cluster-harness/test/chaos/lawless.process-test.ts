import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { makePlan } from '../../src/chaos/plan.js';
import { runTrial } from '../../src/chaos/trial.js';

const SCRIPT = new URL('../cluster/unsafe-instance.mjs', import.meta.url);

it('a round finds a cluster out whose instances know of no lease, and keeps its journals', async () => {
  const plan = { ...makePlan(1, 'file'), instances: 3, every: 100, ttl: 100, disturbances: [] };
  const { violations, directory } = await runTrial(plan, SCRIPT);
  const kinds = new Set(violations.map(({ kind }) => kind));
  expect(kinds).toContain('token-reused');
  expect(kinds).toContain('runs-overlap');
  // Nor did the job that it was to run ever start.
  expect(kinds).toContain('gap-too-long');
  expect(existsSync(join(directory ?? '', 'history.txt'))).toBe(true);
  rmSync(directory ?? '', { recursive: true });
}, 60_000);
