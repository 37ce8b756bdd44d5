import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Wall clocks that can be stepped, one for each instance, by libfaketime. Monotonic clocks go on as they are. */
export class FakeClocks {
  readonly #library: string;
  readonly #directory: string;

  /** Whether libfaketime is installed. */
  static get canBe(): boolean {
    return findLibrary() !== null;
  }

  /** `null` where they cannot be. */
  static in(directory: string): FakeClocks | null {
    const library = findLibrary();
    return library === null ? null : new FakeClocks(library, directory);
  }

  private constructor(library: string, directory: string) {
    this.#library = library;
    this.#directory = directory;
  }

  /** What an instance has to be started with. */
  envOf(instance: string): Readonly<Record<string, string>> {
    this.step(instance, 0);
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#path(instance),
      // Seconds until a step is noticed.
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** Sets the clock of an instance that far from the true time, in milliseconds. */
  step(instance: string, by: number): void {
    const seconds = by / 1_000;
    writeFileSync(this.#path(instance), `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }

  #path(instance: string): string {
    return join(this.#directory, `${instance}.faketime`);
  }
}

function findLibrary(): string | null {
  const folders = LIBRARY_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) => [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name)),
  ]);
  const paths = folders.map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1'));
  return paths.find((path) => existsSync(path)) ?? null;
}

const LIBRARY_FOLDERS = ['/usr/lib', '/usr/local/lib'];
