import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { type BlobAccount, startAzuriteProxy } from '@leased-jobs/backends';
import { SystemClock } from '@leased-jobs/core';
import type { ContractHarness } from '@leased-jobs/testing';
import { AzureBlobLeaseProvider } from '../../src/index.js';

/**
 * The contract's harness on a real Azurite and in real time, with a container and a wire of its own: cases that take a
 * ttl of 15 seconds run side by side, and the trouble of one is not that of another.
 */
export async function azuriteHarness(
  account: BlobAccount,
  container: string,
  restart: () => Promise<void>,
): Promise<ContractHarness & AsyncDisposable> {
  const proxy = await startAzuriteProxy(account);
  const { connectionString } = proxy;

  return {
    ttl: 15_000,
    clock: new SystemClock(),
    connect: async () => new AzureBlobLeaseProvider({ connectionString, container }),
    async adopt() {
      const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
      return { provider: new AzureBlobLeaseProvider({ client }), works: () => client.exists() };
    },
    elapse: (ms) => sleep(Math.ceil(ms)),
    async freeze() {
      const thaw = proxy.freeze();
      return async () => {
        thaw();
      };
    },
    async disturb(fault, nth) {
      const disturbance = proxy.disturb(fault, nth);
      return {
        get struck() {
          return disturbance.struck;
        },
        end: async () => {
          disturbance.end();
        },
      };
    },
    restart,
    [Symbol.asyncDispose]: () => proxy.stop(),
  };
}
