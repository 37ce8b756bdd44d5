import { on } from 'node:events';
import { watch } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { ExclusiveService, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';

@Injectable()
export class Inbox {
  private readonly inbox = process.env.INBOX ?? '/srv/shop/inbox';
  private readonly done = process.env.INBOX_DONE ?? '/srv/shop/done';
  private readonly shop = process.env.SHOP_API ?? 'https://shop.example.com';

  @ExclusiveService('inbox')
  async watch(run: JobRun): Promise<void> {
    const watcher = watch(this.inbox);
    try {
      // It listens before it looks, so that no file comes in between.
      const changes = on(watcher, 'change', { signal: run.signal });
      await this.importAll(run);
      for await (const _ of changes) await this.importAll(run);
    } finally {
      watcher.close();
    }
  }

  private async importAll(run: JobRun): Promise<void> {
    // Whoever delivers a file renames it to `.json` when it is complete.
    const files = (await readdir(this.inbox)).filter((name) => name.endsWith('.json')).toSorted();
    for (const file of files) {
      const path = join(this.inbox, file);
      const body = await readFile(path, { encoding: 'utf8', signal: run.signal });
      run.throwIfLost();
      // Named after the file: twice comes to the same.
      const url = `${this.shop}/imports/${encodeURIComponent(file)}`;
      const response = await fetch(url, { method: 'PUT', body, signal: run.signal });
      if (!response.ok) throw new Error(`${file} was answered with ${response.status}.`);
      run.throwIfLost();
      await rename(path, join(this.done, file));
    }
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [Inbox] })
export class InboxModule {}
