import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { longestShutdown } from './support/longest-shutdown.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const UNIT = block('ini');
const MANIFEST = block('yaml');

/** Milliseconds, both: what a thread that renews leases may take to end, and what a machine may that is busy with a deployment. */
const RENEWING_THREAD = 500;
const SPARE = 2_000;

function block(language: string): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\n\`\`\``).exec(README) ?? [];
  return text;
}

/** What a set-up says in a line of its own, `KillMode=mixed` or `replicas: 3`; `undefined` unless it does so once. */
function setting(text: string, name: string): string | undefined {
  const lines = [...text.matchAll(new RegExp(`^\\s*${name}\\s*[=:]\\s*(.+)$`, 'gm'))];
  return lines.length === 1 ? lines[0]?.[1] : undefined;
}

describe('the set-ups in the README', () => {
  it('wait for longer than a worker may take to stop', async () => {
    const needed = (await longestShutdown()) + RENEWING_THREAD + SPARE;
    expect(Number(setting(UNIT, 'TimeoutStopSec')) * 1_000).toBeGreaterThanOrEqual(needed);
    expect(Number(setting(MANIFEST, 'terminationGracePeriodSeconds')) * 1_000).toBeGreaterThanOrEqual(needed);
  });

  it('say rightly how long that is', async () => {
    const [, drain, close] = /(\d+) s unless\s[^.]*? and up to ([\d.]+) s to close/.exec(README) ?? [];
    const took = await longestShutdown();
    expect(took).toBeGreaterThan(Number(drain) * 1_000);
    expect(took + RENEWING_THREAD).toBeLessThanOrEqual((Number(drain) + Number(close)) * 1_000);
  });

  it('send SIGTERM to the worker alone, and start it again however it has ended', () => {
    expect(setting(UNIT, 'KillSignal')).toBe('SIGTERM');
    expect(setting(UNIT, 'KillMode')).toBe('mixed');
    expect(setting(UNIT, 'Restart')).toBe('always');
    expect(setting(MANIFEST, 'restartPolicy')).toBe('Always');
  });

  it('start the file that is built, with Node itself', () => {
    expect(setting(UNIT, 'ExecStart')).toBe('/usr/bin/node apps/worker/dist/main.js');
    expect(setting(MANIFEST, 'command')).toBe('[node, apps/worker/dist/main.js]');
  });

  it('run several workers in production, and ask none of them whether it lives', () => {
    expect(Number(setting(MANIFEST, 'replicas'))).toBeGreaterThan(1);
    expect(README).toContain('leased-jobs-worker@{1..3}');
    expect(UNIT).toContain('NODE_ENV=production');
    expect(MANIFEST).toContain('{ name: NODE_ENV, value: production }');
    expect(MANIFEST).not.toMatch(/probe/i);
  });
});
