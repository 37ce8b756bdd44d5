import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { AzureRequests } from './azure-requests.js';
import { blobName } from './blob-name.js';
import { foreignContent, type LockDocument, parseDocument, serializeDocument } from './lock-document.js';

/** A lock's blob as it was at one moment: one request tells all of it. */
export interface BlobView {
  /** `null` if there is no blob. */
  readonly etag: string | null;
  readonly document: LockDocument;
  /** Whether somebody had a lease on the blob. */
  readonly locked: boolean;
}

/** The blob of one lock. Each method is one request, save that creating may have to create the container first. */
export class LockBlob {
  readonly #requests: AzureRequests;
  readonly #container: ContainerClient;
  readonly #blob: BlockBlobClient;
  readonly #lock: string;

  constructor(requests: AzureRequests, container: ContainerClient, lock: string) {
    this.#requests = requests;
    this.#container = container;
    this.#lock = lock;
    this.#blob = container.getBlockBlobClient(blobName(lock));
  }

  /** @throws StoreError `invalid` if the blob holds something else. */
  async read(signal: AbortSignal): Promise<(BlobView & { readonly etag: string }) | null> {
    const answer = await this.#requests.send(
      signal,
      async () => {
        // The answer has getters instead of properties: it cannot be spread.
        const { date, etag, leaseStatus, contentLength, readableStreamBody } = await this.#blob.download(
          0,
          undefined,
          { abortSignal: signal, maxRetryRequests: 0 },
        );
        if ((contentLength ?? 0) > MAX_BYTES) {
          (readableStreamBody as { destroy?(): void } | undefined)?.destroy?.();
          throw foreignContent(this.#where, `it is ${contentLength} bytes long`);
        }
        return { date, etag, leaseStatus, text: await textOf(readableStreamBody) };
      },
      { BlobNotFound: 'absent', ContainerNotFound: 'absent' },
    );
    if (answer === 'absent') return null;
    const { etag = '', text, leaseStatus } = answer;
    return { etag, document: parseDocument(text, this.#lock, this.#where), locked: leaseStatus === 'locked' };
  }

  /** Returns the new blob's ETag, or `null` if there is one already. */
  async create(document: LockDocument, signal: AbortSignal): Promise<string | null> {
    const first = await this.#put(document, { ifNoneMatch: '*' }, signal);
    if (first !== 'no-container') return etagOf(first);
    await this.#requests.send(signal, () => this.#container.create({ abortSignal: signal }), {
      ContainerAlreadyExists: 'there',
    });
    return etagOf(await this.#put(document, { ifNoneMatch: '*' }, signal));
  }

  /**
   * Writes the document over the one with that ETag, and returns the new ETag; `null` if that one is not there any
   * more, if the blob is leased to somebody else, or if our lease on it has ended.
   */
  async write(
    document: LockDocument,
    { etag, leaseId }: { readonly etag: string; readonly leaseId: string | null },
    signal: AbortSignal,
  ): Promise<string | null> {
    const conditions = { ifMatch: etag, ...(leaseId !== null && { leaseId }) };
    return etagOf(await this.#put(document, conditions, signal));
  }

  /** Leases the blob if it has that ETag, or begins the lease of that id anew. */
  async lease(
    leaseId: string,
    { etag, ttl }: { readonly etag: string; readonly ttl: number },
    signal: AbortSignal,
  ): Promise<'leased' | 'held' | 'moved'> {
    const answer = await this.#requests.send(
      signal,
      () =>
        this.#blob.getBlobLeaseClient(leaseId).acquireLease(ttl / 1_000, {
          abortSignal: signal,
          conditions: { ifMatch: etag },
        }),
      { LeaseAlreadyPresent: 'held', LeaseIsBreakingAndCannotBeAcquired: 'held', ...MOVED },
    );
    return typeof answer === 'string' ? answer : 'leased';
  }

  /** Begins a live lease anew, for as long as before, if the blob has that ETag. */
  async renew(leaseId: string, etag: string, signal: AbortSignal): Promise<'renewed' | 'lost' | 'moved'> {
    const answer = await this.#requests.send(
      signal,
      () =>
        this.#blob.getBlobLeaseClient(leaseId).renewLease({
          abortSignal: signal,
          conditions: { ifMatch: etag },
        }),
      { ...NOT_LEASED, ...MOVED },
    );
    if (typeof answer === 'string') return answer;
    // Azurite renews an expired lease whoever asks, for whoever had it last.
    return answer.leaseId?.toLowerCase() === leaseId.toLowerCase() ? 'renewed' : 'lost';
  }

  /** Ends a lease, if it is the one that stands and the blob has that ETag. */
  async endLease(leaseId: string, etag: string, signal: AbortSignal): Promise<'ended' | 'lost' | 'moved'> {
    const answer = await this.#requests.send(
      signal,
      () =>
        this.#blob.getBlobLeaseClient(leaseId).releaseLease({
          abortSignal: signal,
          conditions: { ifMatch: etag },
        }),
      { ...NOT_LEASED, ...MOVED },
    );
    return typeof answer === 'string' ? answer : 'ended';
  }

  async #put(
    document: LockDocument,
    conditions: { readonly ifMatch?: string; readonly ifNoneMatch?: string; readonly leaseId?: string },
    signal: AbortSignal,
  ): Promise<Written | 'moved' | 'no-container'> {
    const text = serializeDocument(document);
    return this.#requests.send(
      signal,
      () =>
        this.#blob.upload(text, Buffer.byteLength(text), {
          abortSignal: signal,
          conditions,
          blobHTTPHeaders: { blobContentType: 'application/json' },
        }),
      NOT_WRITTEN,
    );
  }

  get #where(): string {
    return `"${this.#container.containerName}/${blobName(this.#lock)}"`;
  }
}

interface Written {
  readonly date?: Date | undefined;
  readonly etag?: string;
}

function etagOf(answer: Written | 'moved' | 'no-container'): string | null {
  return typeof answer === 'string' ? null : (answer.etag ?? null);
}

async function textOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

const MOVED = { ConditionNotMet: 'moved', BlobNotFound: 'moved', ContainerNotFound: 'moved' } as const;

const NOT_LEASED = {
  LeaseIdMismatchWithLeaseOperation: 'lost',
  LeaseNotPresentWithLeaseOperation: 'lost',
  LeaseIsBrokenAndCannotBeRenewed: 'lost',
  LeaseLost: 'lost',
} as const;

const NOT_WRITTEN = {
  ConditionNotMet: 'moved',
  BlobAlreadyExists: 'moved',
  LeaseIdMissing: 'moved',
  LeaseIdMismatchWithBlobOperation: 'moved',
  LeaseNotPresentWithBlobOperation: 'moved',
  LeaseLost: 'moved',
  BlobNotFound: 'moved',
  ContainerNotFound: 'no-container',
} as const;

/** No document of ours comes near it: 20 reports of a job take some 20 KB. */
const MAX_BYTES = 8 * 1_024 * 1_024;
