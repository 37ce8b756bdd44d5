import { readdirSync, readFileSync } from 'node:fs';

/**
 * Has every thread of the process come to a halt? A stop signal reaches them one by one, after it was sent. Known on
 * Linux only; elsewhere a process counts as stopped, or as going on, once the signal is sent.
 */
export function isStopped(pid: number): boolean {
  return process.platform !== 'linux' || statesOf(pid).every((state) => state === 'T');
}

export function isGoingOn(pid: number): boolean {
  return process.platform !== 'linux' || statesOf(pid).every((state) => !'TZX'.includes(state));
}

function statesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => stateOf(`/proc/${pid}/task/${thread}/stat`));
  } catch {
    return [ENDED];
  }
}

/** `pid (name) state …`, where the name may hold parentheses and spaces. */
function stateOf(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    return text.charAt(text.lastIndexOf(')') + 2);
  } catch {
    return ENDED;
  }
}

/** What has ended before it could be read is neither stopped nor going on. */
const ENDED = 'X';
