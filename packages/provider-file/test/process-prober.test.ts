import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { processProber, type ProcessTable } from '../src/process-prober.js';

const SPACE = 'boot time pid';
const HOLDER = { space: SPACE, pid: 7, startTime: '500' };

describe('whether a holder is dead', () => {
  it.each([
    ['it runs', { stat: stat({}) }, false],
    ['no process has its pid', { exists: false }, true],
    ['its pid was given to a process that started later', { stat: stat({ startTime: '501' }) }, true],
    ['it is a zombie', { stat: stat({ state: 'Z' }) }, true],
    ['its first thread has ended, and others still run', { stat: stat({ state: 'Z', threads: 2 }) }, false],
    ['its name looks like the end of its name', { stat: stat({ name: 'a) Z 1 (b' }) }, false],
    ['nothing is told of it but that it exists', { stat: null }, false],
  ])('when %s', (_, answers, dead) => {
    expect(prober(answers).isDead(HOLDER)).toBe(dead);
  });

  it('cannot be told from another boot, host or pid namespace', () => {
    expect(prober({ exists: false }).isDead({ ...HOLDER, space: 'another' })).toBe(false);
  });

  it('cannot be told where this process does not know where it is', () => {
    expect(processProber(null, 1, table({ exists: false })).isDead({ ...HOLDER, space: null })).toBe(false);
  });

  it('is told by the pid alone where no start times are to be had', () => {
    const holder = { ...HOLDER, startTime: null };
    expect(prober({ stat: null }).isDead(holder)).toBe(false);
    expect(prober({ exists: false }).isDead(holder)).toBe(true);
  });

  it('is told of a real process that has ended and that its parent does not care for', async () => {
    // `sleep` takes the place of the shell, and never asks how the other child of the shell has ended.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30']);
    const pid = Number(((await once(parent.stdout, 'data')) as [Buffer])[0].toString());
    const linux = existsSync('/proc/self/stat');
    const startTime = linux ? (readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? null) : null;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(processProber(SPACE).isDead({ space: SPACE, pid, startTime })).toBe(linux);
    parent.kill();
    await once(parent, 'exit');
  });

  it('is denied of this very process by the real table', () => {
    const real = processProber(SPACE);
    expect(real.self.pid).toBe(process.pid);
    expect(real.isDead(real.self)).toBe(false);
  });
});

function prober(answers: Answers): ReturnType<typeof processProber> {
  return processProber(SPACE, 1, table(answers));
}

interface Answers {
  readonly exists?: boolean;
  readonly stat?: string | null;
}

function table({ exists = true, stat: text = null }: Answers): ProcessTable {
  return { exists: () => exists, stat: () => text };
}

function stat({ name = 'node', state = 'S', threads = 1, startTime = '500' }): string {
  return `7 (${name}) ${state} 1 7 7 0 -1 4194304 5 0 0 0 1 1 0 0 20 0 ${threads} 0 ${startTime} 99 1`;
}
