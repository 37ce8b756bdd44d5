import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/**
 * Who may compare readings with us. Two processes with one `clock` read the same uptime; two with one `processes`
 * mean the same process by the same pid.
 */
export interface HostIdentity {
  readonly clock: string;
  /** `null`: nothing can be said about other processes. */
  readonly processes: string | null;
}

/** Reads `/proc`, synchronously: it is the kernel's memory, and cannot hang as a disk can. */
export function hostIdentity(): HostIdentity {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  if (!boot) return identityWithoutProc();
  const time = namespace('time');
  const pids = namespace('pid');
  return {
    clock: [boot, time, ...(hasOwnUptime() ? [pids] : [])].join(' '),
    // A time namespace shifts the start times of processes too.
    processes: pids && isOwnProc() ? [boot, time, pids].join(' ') : null,
  };
}

/**
 * Elsewhere (macOS, Windows) a boot is told by the host's name and the time of the boot, to ten minutes. Where that
 * comes out differently for two processes of one host, they take each other for strangers: safe, only slower.
 */
function identityWithoutProc(): HostIdentity {
  const bootedAt = Math.round((Date.now() - uptime() * 1_000) / 600_000);
  const id = `${hostname()} ${bootedAt}`;
  // A Linux without /proc is a container of which the pid namespace cannot be told.
  return { clock: id, processes: process.platform === 'linux' ? null : id };
}

function namespace(kind: 'pid' | 'time'): string {
  return attempt(() => readlinkSync(`/proc/self/ns/${kind}`)) ?? '';
}

/** lxcfs mounts a file of its own over `/proc/uptime`: a clock that counts from the start of the container. */
function hasOwnUptime(): boolean {
  return attempt(() => statSync('/proc/uptime').dev !== statSync('/proc/self').dev) ?? true;
}

/** A `/proc` mounted from another pid namespace knows this process by another pid. */
function isOwnProc(): boolean {
  return attempt(() => readlinkSync('/proc/self')) === `${process.pid}`;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
