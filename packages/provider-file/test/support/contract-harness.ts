import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemClock } from '@leased-jobs/core';
import type { ContractHarness, Fault } from '@leased-jobs/testing';
import { FileLeaseProvider } from '../../src/file-lease-provider.js';
import { interceptedFiles, systemError } from './intercepted-files.js';

/** The contract's harness on a real folder, a real clock and real time; only trouble is made up. */
export function fileHarness(directory: string): ContractHarness {
  const armed = new Set<{ readonly fault: Fault; left: number }>();
  let frozen: Promise<void> | null = null;

  const faultOfNext = (): Fault | null => {
    let struck: Fault | null = null;
    for (const disturbance of armed) {
      if (--disturbance.left === 0) struck = disturbance.fault;
    }
    return struck;
  };
  const files = interceptedFiles(async (_step, _path, run) => {
    const fault = faultOfNext();
    if (fault === 'refused') throw systemError('EIO');
    await frozen;
    if (fault !== 'answer-lost') return run();
    await run().catch(() => 'an answer too, and lost like any other');
    throw systemError('EIO');
  });
  const connect = (): Promise<FileLeaseProvider> => FileLeaseProvider.open({ directory }, { files });

  return {
    ttl: 500,
    clock: new SystemClock(),
    connect,
    async adopt() {
      const works = (): Promise<boolean> => readdir(directory).then(() => true);
      return { provider: await connect(), works };
    },
    elapse: (ms) => sleep(Math.ceil(ms)),
    async freeze() {
      let thaw = (): void => {};
      frozen = new Promise((resolve) => (thaw = resolve));
      return async () => {
        frozen = null;
        thaw();
      };
    },
    async disturb(fault, nth) {
      const disturbance = { fault, left: nth };
      armed.add(disturbance);
      return {
        get struck() {
          return disturbance.left <= 0;
        },
        end: async () => void armed.delete(disturbance),
      };
    },
    // Nothing runs that could be restarted: a new instance finds what there is.
    async restart() {},
  };
}
