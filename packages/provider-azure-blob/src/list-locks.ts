import { type LockRecord, StoreError } from '@leased-jobs/core';
import type { ContainerClient } from '@azure/storage-blob';
import type { AzureRequests } from './azure-requests.js';
import { blobPrefix, lockOfBlob } from './blob-name.js';

export interface Listing {
  readonly container: ContainerClient;
  readonly requests: AzureRequests;
  readonly read: (lock: string) => Promise<LockRecord | null>;
}

/** Reads the locks whose names begin with the prefix, some at a time, in the order of their blobs' names. */
export async function* listLocks(
  { container, requests, read }: Listing,
  prefix: string,
  signal: AbortSignal,
): AsyncIterable<LockRecord> {
  const pages = container
    .listBlobsFlat({ prefix: blobPrefix(prefix), abortSignal: signal })
    .byPage({ maxPageSize: PAGE_SIZE });
  for (;;) {
    const page = await requests.send(
      signal,
      async () => {
        const { done, value } = await pages.next();
        if (done) return { date: undefined, names: null };
        return { date: value.date, names: value.segment.blobItems.map(({ name }) => name) };
      },
      { ContainerNotFound: 'absent' },
    );
    if (page === 'absent' || page.names === null) return;
    const locks = page.names
      .flatMap((name) => lockOfBlob(name) ?? [])
      .filter((lock) => lock.startsWith(prefix));
    for (let first = 0; first < locks.length; first += AT_ONCE) {
      const some = locks.slice(first, first + AT_ONCE);
      const records = await Promise.all(some.map((lock) => ours(read(lock))));
      for (const record of records) if (record) yield record;
    }
  }
}

/** `null` for a blob that is somebody else's, though it is called like one of ours. */
async function ours(reading: Promise<LockRecord | null>): Promise<LockRecord | null> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.kind === 'invalid') return null;
    throw thrown;
  }
}

const PAGE_SIZE = 1_000;
const AT_ONCE = 16;
