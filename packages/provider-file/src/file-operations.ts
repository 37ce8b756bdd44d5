import { link, lstat, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { show } from '@leased-jobs/core';

/**
 * All that this provider asks of a file system. Each call is one step that a test can delay, fail or hang, and each
 * rejects with Node's error, `code` included.
 */
export interface FileOperations {
  /** The names in a folder. Of a small folder one system call returns them all, so the list is of one moment. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  /** Writes a file that must not exist. Resolves to its modification time: the store's wall clock, in epoch ms. */
  create(path: string, text: string): Promise<number>;
  /** Gives a file a second name. `EEXIST` if that name is taken: this is the compare-and-set. */
  link(path: string, newPath: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes one folder. `EEXIST` if there is something of that name. */
  makeFolder(path: string): Promise<void>;
  /** Makes a folder and those above it, open to its owner only. No error if it exists. */
  makePrivateFolder(path: string): Promise<void>;
  /** What stands at a path; a symbolic link is not followed. */
  inspect(path: string): Promise<FileStatus>;
}

export interface FileStatus {
  readonly kind: 'folder' | 'link' | 'other';
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

export const nodeFileOperations: FileOperations = {
  list: (folder) => readdir(folder),
  read: (path) => readFile(path, 'utf8'),
  async create(path, text) {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(text);
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
    }
  },
  link: (path, newPath) => link(path, newPath),
  remove: (path) => unlink(path),
  makeFolder: (path) => mkdir(path),
  async makePrivateFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async inspect(path) {
    const status = await lstat(path);
    return {
      kind: status.isDirectory() ? 'folder' : status.isSymbolicLink() ? 'link' : 'other',
      uid: status.uid,
      mode: status.mode & 0o777,
      modifiedAt: status.mtimeMs,
    };
  },
};

/**
 * The code of a system error, such as `ENOENT`; `undefined` for anything else. Not told by `instanceof`: where this runs
 * in a context of its own, as in some test runners, Node's errors are of another realm.
 */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

export function errorMessage(thrown: unknown): string {
  const told = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
  return told && typeof thrown.message === 'string' ? thrown.message : show(thrown);
}
