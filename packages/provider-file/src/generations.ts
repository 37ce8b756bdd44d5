import { join } from 'node:path';
import { StoreError } from '@leased-jobs/core';
import { errorCode, type FileOperations } from './file-operations.js';
import type { LeaseFolder } from './lease-folder.js';
import { type LockDocument, parseDocument, serializeDocument } from './lock-document.js';

/** The newest generation of a lock. */
export interface Head {
  /** 0 if nothing was ever written. */
  readonly generation: number;
  /** What it says; of a broken head, what the newest intact one before it says. `null` if there is none. */
  readonly document: LockDocument | null;
  /** The newest file is empty or garbage, as a power failure leaves one. */
  readonly broken: boolean;
}

/** How an attempt to write the next generation ended. `moved`: somebody else was faster, or may have been. */
export type Commit = 'committed' | 'moved' | 'withdrawn';

/**
 * The history of one lock: a folder of files `1.json`, `2.json`, …, of which the highest is the truth. None is ever
 * changed, and the next is added by `link(2)`, which fails if its name is taken. That is the compare-and-set:
 *
 * 1. list the folder: `n` is the highest; read it, decide; 2. write the successor to a file of its own; 3. link it to
 * `n+1`; 4. list again; 5. the change is made if `n+1` is still the highest.
 *
 * Why steps 4 and 5: old generations are pruned, so a process that slept between 1 and 3 may find the name `n+1` free
 * again. But a name is freed only below a higher one, and the highest is never removed, so that whoever links to such
 * a name sees the higher one in step 4. What it left is below the truth, changes nothing, and is pruned in its turn.
 * Conversely, if `n+1` is the highest after the link, nothing higher existed when it was linked; so `n` was the
 * highest until then, and what was decided from it still held.
 *
 * If there is a higher one in step 4, the change was either stale, or made and already built upon. The caller need not
 * know which: it decides again from the new head, where its grant id tells what has become of it.
 *
 * Both lists must be of one moment. They are: the folder holds about ten names, which one system call returns, and
 * the kernel lets nobody change a folder during it.
 */
export class Generations {
  readonly #home: LeaseFolder;
  readonly #files: FileOperations;
  readonly #folder: string;
  /** `null`: whatever lock the files name. */
  readonly #lock: string | null;

  constructor(home: LeaseFolder, folderName: string, lock: string | null) {
    this.#home = home;
    this.#files = home.files;
    this.#folder = join(home.path, folderName);
    this.#lock = lock;
  }

  async head(signal: AbortSignal): Promise<Head> {
    let before = -1;
    for (;;) {
      const generations = await this.#list();
      signal.throwIfAborted();
      const generation = generations[0] ?? 0;
      if (generation === 0) return NOTHING;
      const document = await this.#read(generation);
      signal.throwIfAborted();
      if (document) return { generation, document, broken: false };
      if (document === null) return this.#beforeBroken(generations, signal);
      // Pruned since it was listed: others have gone on. If the list does not say so, it is not to be believed.
      if (generation === before) throw staleList(this.#folder);
      before = generation;
    }
  }

  /**
   * Makes `document` the successor of a head, unless `withdraw` says no to the time at which the store has written it.
   * The one step that others can see goes through `onLink`.
   */
  async commit(
    head: Head,
    document: LockDocument,
    { signal, withdraw, onLink }: CommitOptions,
  ): Promise<Commit> {
    const successor = head.generation + 1;
    const draft = await this.#home.createDraft(serializeDocument(document));
    try {
      if (withdraw(draft.writtenAt)) return 'withdrawn';
      if (head.generation === 0) await this.#makeFolder();
      signal.throwIfAborted();
      if (!(await this.#link(draft.path, successor, onLink))) {
        if ((await this.#highest()) < successor) throw staleList(this.#folder);
        return 'moved';
      }
    } finally {
      await this.#home.discard(draft.path);
    }
    const generations = await this.#list();
    const highest = generations[0] ?? 0;
    if (highest < successor) throw staleList(this.#folder);
    if (highest > successor) return 'moved';
    const old = generations.filter((generation) => generation < successor - KEPT);
    await Promise.all(old.map((generation) => this.#home.discard(this.#path(generation))));
    return 'committed';
  }

  async #highest(): Promise<number> {
    return (await this.#list())[0] ?? 0;
  }

  /** Newest first. */
  async #list(): Promise<readonly number[]> {
    try {
      const names = await this.#files.list(this.#folder);
      return names
        .filter((name) => GENERATION.test(name))
        .map((name) => Number.parseInt(name, 10))
        .toSorted((a, b) => b - a);
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }

  /** `null`: it is broken. `undefined`: it is gone. */
  async #read(generation: number): Promise<LockDocument | null | undefined> {
    const path = this.#path(generation);
    try {
      return parseDocument(await this.#files.read(path), this.#lock, path);
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  async #beforeBroken([broken = 0, ...older]: readonly number[], signal: AbortSignal): Promise<Head> {
    for (const generation of older.slice(0, KEPT)) {
      const document = await this.#read(generation);
      signal.throwIfAborted();
      if (document) return { generation: broken, document, broken: true };
    }
    return { generation: broken, document: null, broken: true };
  }

  /** `false`: the name is taken. */
  async #link(draft: string, generation: number, onLink: CommitOptions['onLink']): Promise<boolean> {
    try {
      await onLink(() => this.#files.link(draft, this.#path(generation)));
      return true;
    } catch (thrown) {
      if (errorCode(thrown) === 'EEXIST') return false;
      throw thrown;
    }
  }

  async #makeFolder(): Promise<void> {
    try {
      await this.#files.makeFolder(this.#folder);
    } catch (thrown) {
      if (errorCode(thrown) !== 'EEXIST') throw thrown;
    }
  }

  #path(generation: number): string {
    return join(this.#folder, `${generation}.json`);
  }
}

export interface CommitOptions {
  readonly signal: AbortSignal;
  readonly withdraw: (writtenAt: number) => boolean;
  readonly onLink: (link: () => Promise<void>) => Promise<void>;
}

function staleList(folder: string): StoreError {
  return new StoreError(
    `The list of "${folder}" lags behind what is in it, or somebody removes files from it. ` +
      'Keep the leases on a local file system, and leave their folder alone.',
    { kind: 'transient' },
  );
}

const NOTHING: Head = { generation: 0, document: null, broken: false };
const GENERATION = /^[1-9]\d{0,14}\.json$/;
/** How many generations before the highest stay, for slow readers and in case that the highest breaks. */
const KEPT = 8;
