import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { type Fault, faulty } from './fault.js';

/**
 * The sources and tests of the repository in a temporary folder, where they may be broken. Jest resolves our packages to
 * their sources from its own root, so in the copy all of them are tested as they are in the copy. What is installed is
 * linked.
 */
export class WorkspaceCopy implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async of(root: string): Promise<WorkspaceCopy> {
    const copy = new WorkspaceCopy(await mkdtemp(join(tmpdir(), 'leased-jobs-mutants-')));
    try {
      for (const name of COPIED) {
        await cp(join(root, name), join(copy.path, name), { recursive: true, filter: isSource });
      }
      await writeFile(
        join(copy.path, JEST_CONFIG),
        plain(await readFile(join(root, 'jest.config.ts'), 'utf8')),
      );
      await symlink(join(root, 'node_modules'), join(copy.path, 'node_modules'));
    } catch (error) {
      await copy[Symbol.asyncDispose]();
      throw error;
    }
    return copy;
  }

  /** Has the fault in the copy for as long as `work` takes. */
  async withFault<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
    const path = join(this.path, fault.file);
    const source = await readFile(path, 'utf8');
    await writeFile(path, faulty(source, fault));
    try {
      return await work();
    } finally {
      await writeFile(path, source);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Jest checks the types of a configuration in TypeScript each time it starts, which takes longer than most cases do. */
function plain(source: string): string {
  const { ESNext: module } = ts.ModuleKind;
  return ts.transpileModule(source, { compilerOptions: { module, target: ts.ScriptTarget.ES2022 } })
    .outputText;
}

function isSource(path: string): boolean {
  return !BUILT.has(basename(path));
}

/** Lies in the root of a copy. */
export const JEST_CONFIG = 'jest.config.mjs';
const COPIED = ['packages', 'libs', 'package.json'];
const BUILT = new Set(['node_modules', 'dist', 'coverage']);
