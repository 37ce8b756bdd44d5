import type { LeaseProvider } from '@leased-jobs/core';

/** Does what another provider does, except for what a subclass does differently. */
export class DelegatingProvider implements LeaseProvider {
  readonly name: string;
  readonly limits: LeaseProvider['limits'];
  readonly watch?: NonNullable<LeaseProvider['watch']>;

  constructor(protected readonly next: LeaseProvider) {
    this.name = next.name;
    this.limits = next.limits;
    if (next.watch) this.watch = next.watch.bind(next);
  }

  acquire(...question: Parameters<LeaseProvider['acquire']>): ReturnType<LeaseProvider['acquire']> {
    return this.next.acquire(...question);
  }

  renew(...question: Parameters<LeaseProvider['renew']>): Promise<boolean> {
    return this.next.renew(...question);
  }

  release(...question: Parameters<LeaseProvider['release']>): Promise<void> {
    return this.next.release(...question);
  }

  setPaused(...question: Parameters<LeaseProvider['setPaused']>): ReturnType<LeaseProvider['setPaused']> {
    return this.next.setPaused(...question);
  }

  read(...question: Parameters<LeaseProvider['read']>): ReturnType<LeaseProvider['read']> {
    return this.next.read(...question);
  }

  list(...question: Parameters<LeaseProvider['list']>): ReturnType<LeaseProvider['list']> {
    return this.next.list(...question);
  }

  close(): Promise<void> {
    return this.next.close();
  }
}
