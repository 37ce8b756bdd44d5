import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../nest-app.js';
import { startStartupApp, type StartupApp } from '../support/app-process.js';

jest.setTimeout(20_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leased-jobs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function start(
  name: string,
  handler: 'heeds' | 'deaf' | 'quick',
  env: Record<string, string> = {},
): StartupApp {
  return startStartupApp({
    LEASED_JOBS_BACKEND: 'file',
    LEASED_JOBS_DIRECTORY: join(folder, 'leases'),
    LEASED_JOBS_INSTANCE: name,
    STORY: join(folder, 'story'),
    HANDLER: handler,
    ...env,
  });
}

function story(): string[] {
  const file = join(folder, 'story');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

describe('an app that is told to stop while it does what is due at its start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'tells the handler, keeps the lock until it has ended, and then ends by %s',
    async (signal) => {
      const first = start('first', 'heeds');
      await until(() => story().includes('first begins'));
      const second = start('second', 'quick');
      await until(() => story().includes('second asks'));
      first.send(signal);
      const { output, ...exit } = await first.ended;
      expect(exit).toEqual({ code: null, signal });
      expect(output).not.toContain('StartupError');
      expect(await second.ended).toMatchObject({ code: 0 });
      expect(story()).toEqual([
        'first asks',
        'first begins',
        'second asks',
        'first is told: ShutdownError',
        'first ends',
        'second begins',
        'second ends',
        'second has started',
      ]);
    },
  );

  it('waits no longer than the drain for a handler that does not heed its signal', async () => {
    const app = start('only', 'deaf', { LEASED_JOBS_DRAIN_TIMEOUT: '300' });
    await until(() => story().includes('only begins'));
    const from = performance.now();
    app.send('SIGTERM');
    const { output, ...exit } = await app.ended;
    expect(exit).toEqual({ code: null, signal: 'SIGTERM' });
    expect(performance.now() - from).toBeGreaterThan(290);
    expect(output).not.toContain('StartupError');
  });

  it('ends at once if it is told a second time', async () => {
    const app = start('only', 'deaf', { LEASED_JOBS_DRAIN_TIMEOUT: '60000' });
    await until(() => story().includes('only begins'));
    app.send('SIGTERM');
    expect(await Promise.race([app.ended, sleep(500, 'it drains')])).toBe('it drains');
    app.send('SIGTERM');
    expect(await app.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  });
});
