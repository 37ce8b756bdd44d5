import { randomUUID } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigurationError, untilAborted } from '@leased-jobs/core';
import { errorCode, errorMessage, type FileOperations } from './file-operations.js';

/** A file that is written and not yet linked to a name that counts. */
export interface Draft {
  readonly path: string;
  /** The store's wall clock when it was written, in epoch milliseconds. */
  readonly writtenAt: number;
}

/**
 * The folder of all leases. The folder of each lock lies in it, and one of drafts: on the same file system, so that
 * they can be linked, and apart, so that the folders of locks stay small.
 */
export class LeaseFolder {
  readonly path: string;
  readonly files: FileOperations;
  readonly #drafts: string;
  /** The default folder lies where everybody may write, so what is found there need not be ours. */
  readonly #mustBeOurs: boolean;

  constructor(directory: string | undefined, files: FileOperations, temporary = tmpdir()) {
    this.path = resolve(directory ?? join(temporary, DEFAULT_NAME));
    this.files = files;
    this.#drafts = join(this.path, DRAFTS);
    this.#mustBeOurs = directory === undefined;
  }

  /** @throws ConfigurationError if leases cannot be kept in this folder, or if it has not answered before `signal`. */
  async open(signal: AbortSignal): Promise<void> {
    try {
      await untilAborted(signal, async () => {
        await this.#make();
        await this.#tryLinks();
        await this.#sweep();
      });
    } catch (thrown) {
      if (thrown instanceof ConfigurationError) throw thrown;
      throw this.#unusable(signal.aborted ? 'it has not answered in time' : reason(thrown), thrown);
    }
  }

  /** Whoever cleans up temporary files likes empty folders best, so the folder is made anew if it is gone. */
  async createDraft(text: string): Promise<Draft> {
    try {
      return await this.#writeDraft(text);
    } catch (thrown) {
      if (errorCode(thrown) !== 'ENOENT') throw thrown;
      await this.#make();
      return this.#writeDraft(text);
    }
  }

  /** What cannot be removed now does no harm, and is removed later: a draft by a sweep, a generation by its successor. */
  async discard(path: string): Promise<void> {
    try {
      await this.files.remove(path);
    } catch {
      // Gone already, or see above.
    }
  }

  async #writeDraft(text: string): Promise<Draft> {
    const path = join(this.#drafts, `${process.pid}-${randomUUID()}.json`);
    try {
      return { path, writtenAt: await this.files.create(path, text) };
    } catch (thrown) {
      await this.discard(path);
      throw thrown;
    }
  }

  async #make(): Promise<void> {
    await this.files.makePrivateFolder(this.path);
    if (this.#mustBeOurs) await this.#checkOwner();
    await this.files.makePrivateFolder(this.#drafts);
  }

  async #checkOwner(): Promise<void> {
    const { kind, uid, mode } = await this.files.inspect(this.path);
    if (kind !== 'folder') throw this.#unusable('it is not a folder');
    if (process.getuid && uid !== process.getuid()) throw this.#unusable('it belongs to another user');
    if (process.getuid && mode & OTHERS_MAY_WRITE) throw this.#unusable('other users may write to it');
  }

  /** Does once what every change does, and what every loser relies on: the second link must fail. */
  async #tryLinks(): Promise<void> {
    const { path } = await this.#writeDraft('A trial of hard links. It may be removed.\n');
    const name = `${path}.link`;
    try {
      await this.files.link(path, name);
      await this.files.read(name);
      await this.files.list(this.path);
      const second = await this.files.link(path, name).then(
        () => 'made',
        (thrown: unknown) => errorCode(thrown),
      );
      if (second !== 'EEXIST')
        throw this.#unusable('a hard link to a name that is taken does not fail there');
    } finally {
      await this.discard(name);
      await this.discard(path);
    }
  }

  /** By age alone: on a shared folder or in containers, a pid that we cannot find may be alive. */
  async #sweep(): Promise<void> {
    for (const name of await this.files.list(this.#drafts)) {
      const path = join(this.#drafts, name);
      try {
        const { modifiedAt } = await this.files.inspect(path);
        if (Date.now() - modifiedAt > LEFT_OVER_AFTER) await this.discard(path);
      } catch {
        // Its writer or another sweep has removed it.
      }
    }
  }

  #unusable(why: string, cause?: unknown): ConfigurationError {
    return new ConfigurationError(
      `Leases cannot be kept in "${this.path}": ${why}. Set LEASED_JOBS_DIRECTORY (or \`directory\`) to a local ` +
        'folder that all instances of the app, and nobody else, can read and write.',
      { cause },
    );
  }
}

/** The name of no lock's folder: those do not begin with a dot. */
const DRAFTS = '.tmp';
const OTHERS_MAY_WRITE = 0o022;
const LEFT_OVER_AFTER = 3_600_000;

/** Per user, so that nobody else needs to write to it, and the same for all instances of an app on this host. */
const DEFAULT_NAME = `leased-jobs-${process.getuid?.() ?? userInfo().username}`;

function reason(thrown: unknown): string {
  const code = errorCode(thrown);
  return (code && REASONS[code]) ?? errorMessage(thrown);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read or write it (EACCES)',
  EEXIST: 'it is not a folder (EEXIST)',
  ENOTDIR: 'a part of the path is not a folder (ENOTDIR)',
  EROFS: 'its file system is read-only (EROFS)',
  ENOSPC: 'its disk is full (ENOSPC)',
  EPERM: 'its file system does not support hard links, or does not permit them (EPERM)',
  ENOTSUP: 'its file system does not support hard links (ENOTSUP)',
  ENOSYS: 'its file system does not support hard links (ENOSYS)',
};
