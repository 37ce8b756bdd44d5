import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ExclusiveInterval,
  ExclusiveOnBootstrap,
  type JobRun,
  LeasedJobs,
  StartupError,
} from '@leased-jobs/nestjs';
import { startApp } from '../nest-app.js';

const HOUR = 3_600_000;
const log: string[] = [];
beforeEach(() => {
  log.length = 0;
});

/** Says so when it is disposed of. */
abstract class Noted {
  async [Symbol.asyncDispose](): Promise<void> {
    await sleep(1);
    log.push(`disposed ${this.constructor.name}`);
  }
}

@Injectable()
class Shared extends Noted {}

@Injectable({ scope: Scope.REQUEST })
class Connection extends Noted {
  constructor(readonly shared: Shared) {
    super();
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Cursor extends Noted {
  constructor(readonly connection: Connection) {
    super();
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Reader {
  constructor(readonly cursor: Cursor) {}
  [Symbol.dispose](): void {
    log.push('disposed Reader');
  }
}

const cursors = new Set<Cursor>();

class Pool extends Noted {}
const pool = new Pool();

@Injectable({ scope: Scope.REQUEST })
class Unused extends Noted {}

const PROVIDERS = [
  Shared,
  Connection,
  Cursor,
  Reader,
  Unused,
  { provide: 'pool', scope: Scope.REQUEST, useFactory: () => pool, inject: [Connection] },
];

@Injectable()
class Report extends Noted {
  @Inject(Reader) readonly property!: Reader;
  constructor(
    readonly connection: Connection,
    readonly cursor: Cursor,
    @Inject('pool') readonly from: Pool,
  ) {
    super();
  }
  @ExclusiveOnBootstrap('report')
  build(): void {
    log.push('run');
    for (const cursor of [this.cursor, this.property.cursor]) cursors.add(cursor);
  }
}

describe('what was made for a run', () => {
  it('is disposed of after it: what Nest has made of classes, once, dependents first', async () => {
    await startApp({ providers: [...PROVIDERS, Report] });
    expect(log).toEqual([
      'run',
      'disposed Report',
      'disposed Reader',
      // It depends on the version of Nest whether two transient ones share a third.
      ...Array.from({ length: cursors.size }, () => 'disposed Cursor'),
      'disposed Connection',
    ]);
    expect(cursors.size).toBeGreaterThan(0);
  });

  it('is disposed of after a run that throws, and all of it whatever fails', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Failing {
      constructor(readonly connection: Connection) {}
      @ExclusiveOnBootstrap('failing')
      run(): void {
        throw new Error('no data');
      }
      [Symbol.dispose](): void {
        throw new Error('not open');
      }
    }
    const error: unknown = await startApp({ providers: [...PROVIDERS, Failing] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StartupError);
    const cause = (error as StartupError).cause as AggregateError;
    expect(cause.message).toBe('no data – and at its disposal: not open');
    expect(cause.errors.map(({ message }: Error) => message)).toEqual(['no data', 'not open']);
    expect(log).toEqual(['disposed Connection']);
  });

  it('is disposed of if the provider itself could not be made', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unmade {
      constructor(readonly connection: Connection) {
        throw new Error('no config');
      }
      @ExclusiveOnBootstrap('unmade')
      run(): void {}
    }
    await expect(startApp({ providers: [...PROVIDERS, Unmade] })).rejects.toThrow('no config');
    expect(log).toEqual(['disposed Connection']);
  });

  it('gets none of the hooks of Nest, as for a request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Hooked {
      @ExclusiveOnBootstrap('hooked')
      run(): void {
        log.push('run');
      }
      onModuleDestroy(): void {
        log.push('destroyed');
      }
    }
    const app = await startApp({ providers: [Hooked] });
    await app.close();
    expect(log).toEqual(['run']);
  });

  it('is not kept in memory, nor is any run but the last', async () => {
    const made: WeakRef<object>[] = [];
    const runs: WeakRef<object>[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Big {
      readonly data = Array.from({ length: 1_000 });
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Small {
      constructor(readonly big: Big) {}
    }
    @Injectable()
    class Job {
      constructor(
        readonly big: Big,
        readonly small: Small,
        @Inject(REQUEST) readonly request: JobRun,
      ) {}
      @ExclusiveInterval(HOUR, 'job')
      run(run: JobRun): void {
        for (const object of [this, this.big, this.small]) made.push(new WeakRef(object));
        runs.push(new WeakRef(run));
      }
    }
    const jobs = (await startApp({ providers: [Big, Small, Job] })).get(LeasedJobs);
    for (let run = 0; run < 5; run++) await jobs.runNow('Job.run');
    expect([made.length, runs.length]).toEqual([15, 5]);
    await collectGarbage();
    expect(made.filter((reference) => reference.deref() !== undefined)).toEqual([]);
    // Nest keeps the last promise of each provider, and on Node 20 and 22 a promise keeps the run that it was made in.
    expect(runs.slice(0, -1).filter((reference) => reference.deref() !== undefined)).toEqual([]);
  });
});

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // A reference that was read or made in a turn of the event loop holds until its end.
  for (let times = 0; times < 3; times++) {
    await sleep(5);
    gc();
  }
}
