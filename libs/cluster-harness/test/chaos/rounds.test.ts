import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePlan } from '../../src/chaos/plan.js';
import { formatTrial } from '../../src/chaos/rounds.js';
import type { Trial } from '../../src/chaos/trial.js';
import { checkHistory } from '../../src/index.js';
import { WrittenRun } from '../history/written-history.js';

const GOOD: Trial = {
  plan: makePlan(42, 'redis'),
  done: ['kill', 'freeze', 'kill'],
  leftOut: [],
  runs: 17,
  violations: [],
  problems: [],
  took: 12_345,
  directory: null,
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rounds-'));
  const lines = Array.from({ length: 100 }, (_, n) => `  ${n}.000 then instance-1 run-started {}`);
  writeFileSync(join(directory, 'history.txt'), lines.join('\n'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('the report of a round', () => {
  it('is one line if all is well', () => {
    expect(formatTrial(GOOD)).toMatch(/^seed 42 redis .* 17 runs, freeze ×1, kill ×2: ok \(12 s\)$/);
  });

  it('tells plan, violations, history, where the journals are and how to play it again if not', () => {
    const a = new WrittenRun('a', 1);
    const violations = checkHistory([a.started(50), a.ended(51), new WrittenRun('b', 2).started(60)]);
    const report = formatTrial({ ...GOOD, violations, directory });
    expect(report).toContain('1 VIOLATIONS');
    expect(report).toContain('The plan:\n  at ');
    expect(report).toContain('slot-repeated-after-success: "newsletter" for slot 1000 on b (token 2)');
    expect(report).toContain('  60.000 then');
    expect(report).not.toContain('  70.000 then');
    expect(report).toContain(`The journals are kept in ${directory}`);
    expect(report).toContain('npm run chaos -- --rounds 1 --seed 42 --backend redis');
  });

  it('tells what no history shows', () => {
    expect(formatTrial({ ...GOOD, problems: ['instance-3 ended unbidden'], directory })).toContain(
      'instance-3 ended unbidden',
    );
  });
});
