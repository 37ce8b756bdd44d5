import { Inject, Injectable } from '@nestjs/common';
import { type JobInfo, LeasedJobs } from '@leased-jobs/nestjs';

/** What this instance knows of the cluster at one moment. */
export interface HealthReport {
  /** `store-unreachable`: the jobs cannot run now, and nothing is known of them. */
  readonly status: 'ok' | 'store-unreachable';
  readonly error?: string;
  readonly instance: string;
  readonly pid: number;
  readonly at: Date;
  readonly jobs: readonly JobInfo[];
}

@Injectable()
export class Health {
  readonly #jobs: LeasedJobs;

  constructor(@Inject(LeasedJobs) jobs: LeasedJobs) {
    this.#jobs = jobs;
  }

  /** Never rejects: a store that cannot be asked is a finding. */
  async check(): Promise<HealthReport> {
    const known = { instance: this.#jobs.instance, pid: process.pid };
    try {
      const jobs = await this.#jobs.list({ signal: AbortSignal.timeout(PATIENCE) });
      return { status: 'ok', ...known, at: new Date(), jobs };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      return { status: 'store-unreachable', error, ...known, at: new Date(), jobs: [] };
    }
  }
}

/** Milliseconds that a visitor may be kept waiting. */
const PATIENCE = 2_000;
