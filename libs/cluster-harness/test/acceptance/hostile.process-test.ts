import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

async function runHostileApp(): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ['--unhandled-rejections=strict', fileURLToPath(new URL('./hostile-app.mjs', import.meta.url))],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000, env: { PATH: process.env['PATH'], NO_COLOR: '1' } },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('an app in which handlers, listeners, subscribers and the store throw', () => {
  it('lives on under --unhandled-rejections=strict, tells of each, goes on with its schedule, and ends in order', async () => {
    const { code, output } = await runHostileApp();
    const counts = JSON.parse(/COUNTS (.*)/.exec(output)?.[1] ?? '{}') as Record<string, number>;
    expect({ code, counts }).toMatchObject({ code: 0, counts: { drained: 1 } });
    for (const job of ['throws', 'rejects', 'throwsInListener']) expect(counts[job]).toBeGreaterThan(5);
    expect(counts['losesItsLease']).toBeGreaterThan(1);
    expect(counts['lost']).toBeGreaterThan(1);
    for (const event of ['run-ended', 'store-failed', 'listener-failed', 'subscriber-failed']) {
      expect(counts[event]).toBeGreaterThan(3);
    }
    for (const said of [
      'thrown by a handler',
      'thrown by an abort listener',
      'rejected by an abort listener',
      'thrown by a subscriber',
      'the store throws',
    ]) {
      expect(output).toContain(said);
    }
  }, 60_000);
});
