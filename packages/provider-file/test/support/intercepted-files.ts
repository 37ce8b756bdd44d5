import { type FileOperations, nodeFileOperations } from '../../src/file-operations.js';

/** Stands between the provider and a file system: it may wait, throw, or look at what is asked. */
export type Intercept = <T>(step: keyof FileOperations, path: string, run: () => Promise<T>) => Promise<T>;

export function interceptedFiles(
  intercept: Intercept,
  files: FileOperations = nodeFileOperations,
): FileOperations {
  return {
    list: (folder) => intercept('list', folder, () => files.list(folder)),
    read: (path) => intercept('read', path, () => files.read(path)),
    create: (path, text) => intercept('create', path, () => files.create(path, text)),
    link: (path, newPath) => intercept('link', newPath, () => files.link(path, newPath)),
    remove: (path) => intercept('remove', path, () => files.remove(path)),
    makeFolder: (path) => intercept('makeFolder', path, () => files.makeFolder(path)),
    makePrivateFolder: (path) => intercept('makePrivateFolder', path, () => files.makePrivateFolder(path)),
    inspect: (path) => intercept('inspect', path, () => files.inspect(path)),
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code });
}
