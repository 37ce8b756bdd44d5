import { readFileSync } from 'node:fs';
import { errorCode } from './file-operations.js';

/** One process, so that it cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  /** Where the pid means something: boot and pid namespace. `null`: nowhere but in the process itself. */
  readonly space: string | null;
  readonly pid: number;
  /** In the kernel's ticks since boot; `null` where it cannot be told. */
  readonly startTime: string | null;
}

export interface ProcessProber {
  readonly self: ProcessIdentity;
  /** `true` is proof. Whatever cannot be proved is left to the expiry of the lease. */
  isDead(other: ProcessIdentity): boolean;
}

/** What the system says about pids: the two questions that {@link processProber} asks. */
export interface ProcessTable {
  exists(pid: number): boolean;
  /** The text of `/proc/<pid>/stat`; `null` where there is none. */
  stat(pid: number): string | null;
}

export function processProber(
  space: string | null,
  pid = process.pid,
  table: ProcessTable = systemTable,
): ProcessProber {
  const self = { space, pid, startTime: parseStat(table.stat(pid))?.startTime ?? null };
  return {
    self,
    isDead(other) {
      if (space === null || other.space !== space) return false;
      if (!table.exists(other.pid)) return true;
      const found = parseStat(table.stat(other.pid));
      if (!found || other.startTime === null) return false;
      // Zombie or dead. A leader that ended before its threads is a zombie too, and they may still be at work.
      const ended = 'ZXx'.includes(found.state) && found.threads <= 1;
      return ended || found.startTime !== other.startTime;
    },
  };
}

/** Both are synchronous: neither touches a disk. */
const systemTable: ProcessTable = {
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (thrown) {
      // EPERM: it lives, and belongs to another user.
      return errorCode(thrown) !== 'ESRCH';
    }
  },
  stat(pid) {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8');
    } catch {
      return null;
    }
  },
};

/** Counted from the last parenthesis, for the name of a program may hold spaces and parentheses itself. */
function parseStat(text: string | null): { state: string; threads: number; startTime: string } | null {
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  const startTime = fields?.[19];
  return state && startTime ? { state, threads: Number(fields[17]), startTime } : null;
}
