import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Injectable, Module } from '@nestjs/common';
import { ExclusiveOnBootstrap, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';

@Injectable()
export class Migrations {
  @ExclusiveOnBootstrap({ lock: 'migrations', once: process.env.RELEASE, timeout: 600_000 })
  async migrate(run: JobRun): Promise<void> {
    const [command = '', ...words] = (process.env.MIGRATE ?? 'npx prisma migrate deploy').split(' ');
    run.throwIfLost();
    // The tool is ended when this instance may not go on: its transactions are rolled back.
    await promisify(execFile)(command, words, { signal: run.signal });
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [Migrations] })
export class MigrationsModule {}
