import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** Keeps every core busy for that many milliseconds. The processes end by themselves, whatever becomes of this one. */
export async function hogCores(duration: number): Promise<void> {
  const script = `const until = Date.now() + ${duration}; while (Date.now() < until);`;
  const hogs = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', script], { stdio: 'ignore' }),
  );
  await Promise.all(hogs.map((hog) => ended(hog, duration)));
}

async function ended(hog: ChildProcess, duration: number): Promise<void> {
  await once(hog, 'exit', { signal: AbortSignal.timeout(duration + END_TIMEOUT) });
}

/** Milliseconds. */
const END_TIMEOUT = 10_000;
