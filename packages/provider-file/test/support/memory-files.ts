import type { FileOperations } from '../../src/file-operations.js';
import { systemError } from './intercepted-files.js';

/** A file system in memory, each step of which is atomic: for tests that run many orders of steps. */
export function memoryFiles(): FileOperations {
  const files = new Map<string, string>();
  const folders = new Set<string>();
  const create = (path: string, text: string): void => {
    if (files.has(path)) throw systemError('EEXIST');
    files.set(path, text);
  };
  const existing = (path: string): string => files.get(path) ?? fail('ENOENT');
  return {
    async list(folder) {
      if (!folders.has(folder)) throw systemError('ENOENT');
      const names = [...files.keys()].filter((path) => path.slice(0, path.lastIndexOf('/')) === folder);
      return names.map((path) => path.slice(folder.length + 1));
    },
    read: async (path) => existing(path),
    async create(path, text) {
      create(path, text);
      return Date.now();
    },
    link: async (path, newPath) => create(newPath, existing(path)),
    async remove(path) {
      if (!files.delete(path)) throw systemError('ENOENT');
    },
    async makeFolder(path) {
      if (folders.has(path)) throw systemError('EEXIST');
      folders.add(path);
    },
    makePrivateFolder: async (path) => void folders.add(path),
    inspect: async (path) => ({
      kind: folders.has(path) ? 'folder' : 'other',
      uid: process.getuid?.() ?? 0,
      mode: 0o700,
      modifiedAt: Date.now(),
    }),
  };
}

function fail(code: string): never {
  throw systemError(code);
}
