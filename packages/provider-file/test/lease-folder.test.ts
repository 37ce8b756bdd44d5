import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@leased-jobs/core';
import { type FileStatus, nodeFileOperations } from '../src/file-operations.js';
import { FileLeaseProvider } from '../src/file-lease-provider.js';
import { LeaseFolder } from '../src/lease-folder.js';
import { Instance, NEVER } from './support/instance.js';
import { interceptedFiles, systemError } from './support/intercepted-files.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('the folder of the leases', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('is made if it is missing, for its owner only', async () => {
    const directory = join(folder.path, 'a', 'b');
    await FileLeaseProvider.open({ directory });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, '.tmp'))).toEqual([]);
  });

  it('cannot be a file', async () => {
    const directory = join(folder.path, 'file');
    writeFileSync(directory, '');
    await expect(FileLeaseProvider.open({ directory })).rejects.toThrow(
      `Leases cannot be kept in "${directory}": it is not a folder (EEXIST). Set LEASED_JOBS_DIRECTORY`,
    );
  });

  it('cannot lie below a file', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    const opening = FileLeaseProvider.open({ directory: join(folder.path, 'file', 'folder') });
    await expect(opening).rejects.toThrow('a part of the path is not a folder (ENOTDIR)');
  });

  it.each([
    ['makePrivateFolder', 'EACCES', 'may not read or write it'],
    ['create', 'EROFS', 'is read-only'],
    ['create', 'ENOSPC', 'is full'],
    ['link', 'EPERM', 'does not support hard links'],
    ['list', 'EACCES', 'may not read or write it'],
    ['read', 'EWEIRD', 'EWEIRD: made up by a test'],
  ] as const)('is refused at the start if %s fails with %s', async (failing, code, why) => {
    const files = interceptedFiles((step, _path, run) =>
      step === failing ? Promise.reject(systemError(code)) : run(),
    );
    const opening = FileLeaseProvider.open({ directory: folder.path }, { files });
    await expect(opening).rejects.toThrow(ConfigurationError);
    await expect(opening).rejects.toThrow(why);
  });

  it('is refused at the start if a second link to one name replaces the first', async () => {
    const files = {
      ...nodeFileOperations,
      link: async () => {},
      read: async () => '',
    };
    await expect(FileLeaseProvider.open({ directory: folder.path }, { files })).rejects.toThrow(
      'a hard link to a name that is taken does not fail there',
    );
  });

  it('is refused at the start if it does not answer in time', async () => {
    const files = interceptedFiles(() => new Promise<never>(() => {}));
    await expect(
      FileLeaseProvider.open({ directory: folder.path }, { files, openTimeout: 20 }),
    ).rejects.toThrow('it has not answered in time');
  });

  it('is made anew if it was cleaned away while the app runs', async () => {
    const directory = join(folder.path, 'leases');
    const instance = await Instance.open(directory);
    await instance.holdOnce();
    folder.remove();
    expect((await instance.granted()).fencingToken).toBe(1);
  });

  it('loses drafts that were left over, once they are an hour old', async () => {
    const drafts = join(folder.path, '.tmp');
    mkdirSync(drafts);
    for (const name of ['old', 'young']) writeFileSync(join(drafts, name), '');
    const longAgo = new Date(Date.now() - 3_601_000);
    utimesSync(join(drafts, 'old'), longAgo, longAgo);
    await FileLeaseProvider.open({ directory: folder.path });
    expect(readdirSync(drafts)).toEqual(['young']);
  });
});

describe('the folder of which nobody has said where it is', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  const opened = (files = nodeFileOperations): Promise<void> =>
    new LeaseFolder(undefined, files, temporary.path).open(NEVER);
  const expected = (): string => join(temporary.path, `leased-jobs-${process.getuid?.()}`);
  beforeEach(() => {
    temporary = temporaryFolder();
  });
  afterEach(() => temporary.remove());

  it('is one of this user in the temporary folder, and opens again', async () => {
    await opened();
    await opened();
    expect(statSync(expected()).mode & 0o777).toBe(0o700);
  });

  it('is refused if others may write to it', async () => {
    mkdirSync(expected());
    chmodSync(expected(), 0o777);
    await expect(opened()).rejects.toThrow('other users may write to it');
  });

  it('is refused if a link stands there', async () => {
    mkdirSync(join(temporary.path, 'trap'));
    symlinkSync(join(temporary.path, 'trap'), expected());
    await expect(opened()).rejects.toThrow('it is not a folder');
  });

  it('is refused if it belongs to somebody else', async () => {
    const inspect = async (path: string): Promise<FileStatus> => ({
      ...(await nodeFileOperations.inspect(path)),
      uid: 12_345,
    });
    await expect(opened({ ...nodeFileOperations, inspect })).rejects.toThrow('it belongs to another user');
  });
});
