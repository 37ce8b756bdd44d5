import type { BlockBlobClient, HttpRequestBody } from '@azure/storage-blob';
import { StaleFencingTokenError } from '@leased-jobs/core';
import { failureCode } from './azure-store-error.js';

export interface FencedUpload {
  /** `run.fencingToken` or `lease.fencingToken`. */
  readonly fencingToken: number;
  readonly contentType?: string;
  /** More metadata. What the blob has already is kept. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Uploads a blob of yours, unless it was written under a later fencing token. The token is kept in the blob's metadata,
 * and the upload is conditional on the ETag that came with it, so check and write are one step: a holder that has lost
 * its lease without noticing cannot overwrite what its successor wrote. Two requests.
 *
 * It guards only what all writers write in this way, each blob by itself.
 *
 * @throws StaleFencingTokenError if a later holder has written it.
 * @throws RestError as the client does. It is not asked again, and whether it was written may then be unknown.
 *
 * @example
 * ```ts
 * await uploadFenced(reports.getBlockBlobClient('daily.csv'), csv, {
 *   fencingToken: run.fencingToken,
 *   signal: run.signal,
 * });
 * ```
 */
export async function uploadFenced(
  blob: BlockBlobClient,
  content: string | Buffer,
  upload: FencedUpload,
): Promise<void> {
  for (;;) {
    upload.signal?.throwIfAborted();
    const fence = await fenceOf(blob, upload.signal);
    if (fence.newest > upload.fencingToken) {
      throw new StaleFencingTokenError(blob.name, upload.fencingToken, fence.newest);
    }
    if (await uploadedAt(fence, blob, content, upload)) return;
  }
}

interface Fence {
  /** `null` if there is no blob. */
  readonly etag: string | null;
  readonly newest: number;
  readonly metadata: Readonly<Record<string, string>>;
}

async function fenceOf(blob: BlockBlobClient, signal: AbortSignal | undefined): Promise<Fence> {
  try {
    const { etag = null, metadata = {} } = await blob.getProperties({
      ...(signal && { abortSignal: signal }),
    });
    return { etag, newest: Number(metadata[FENCE] ?? 0), metadata };
  } catch (thrown) {
    if (failureCode(thrown) === 'BlobNotFound') return { etag: null, newest: 0, metadata: {} };
    throw thrown;
  }
}

/** `false` if somebody has written it since the fence was read. */
async function uploadedAt(
  { etag, metadata }: Fence,
  blob: BlockBlobClient,
  content: HttpRequestBody & (string | Buffer),
  { fencingToken, contentType, metadata: more, signal }: FencedUpload,
): Promise<boolean> {
  try {
    await blob.upload(content, Buffer.byteLength(content), {
      conditions: etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag },
      metadata: { ...metadata, ...more, [FENCE]: String(fencingToken) },
      ...(contentType && { blobHTTPHeaders: { blobContentType: contentType } }),
      ...(signal && { abortSignal: signal }),
    });
    return true;
  } catch (thrown) {
    if (MOVED.has(failureCode(thrown) ?? '')) return false;
    throw thrown;
  }
}

/** In the blob's metadata. Azure takes identifiers only, and returns them in lower case. */
const FENCE = 'leasedjobsfence';
const MOVED = new Set(['ConditionNotMet', 'BlobAlreadyExists']);
