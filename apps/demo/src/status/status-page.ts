import type { JobInfo } from '@leased-jobs/nestjs';
import { duration } from './duration.js';
import type { HealthReport } from './health.js';
import { type Html, html } from './html.js';
import { STATUS_STYLE } from './status-style.js';

/** The jobs of the cluster as one instance sees them. It reloads itself, without a script. */
export function statusPage(report: HealthReport): string {
  const { instance, pid, at, jobs, error } = report;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="${REFRESH}" />
        <link rel="icon" href="data:," />
        <title>Leased Jobs · ${instance}</title>
        <style>
          ${STATUS_STYLE}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>Leased Jobs</h1>
            <p>
              Each slot runs on one instance at a time. This page was answered by <b>${instance}</b> (pid
              ${pid}).
            </p>
          </header>
          ${error === undefined ? null : trouble(error)} ${jobs.map((job) => jobCard(job, at))}
          <footer>
            As of <time datetime="${at.toISOString()}">${at.toTimeString().slice(0, 8)}</time>, every
            ${REFRESH} s · <a href="/health">JSON</a>
          </footer>
        </main>
      </body>
    </html> `.text;
}

function trouble(error: string): Html {
  return html`<p class="trouble"><b>The store cannot be asked.</b> ${error}</p>`;
}

function jobCard(job: JobInfo, at: Date): Html {
  const { name, lock, holder, schedule } = job;
  return html`<article class="${holder === null ? 'free' : 'held'}">
    <h2>${name}</h2>
    <p class="schedule">${readable(schedule)}</p>
    <dl>
      <div>
        <dt>Lock</dt>
        <dd>${lock}, ${holder === null ? html`<i>free</i>` : html`held by <b class="badge holder">${holder}</b>`}</dd>
      </div>
      <div>
        <dt>Last run</dt>
        <dd>${lastRun(job, at)}</dd>
      </div>
      <div>
        <dt>Next slot</dt>
        <dd>${next(job, at)}</dd>
      </div>
    </dl>
  </article> `;
}

function lastRun({ lastRun: run }: JobInfo, at: Date): Html {
  if (run === null) return html`<i>none yet</i>`;
  const ended = run.startedAt + run.duration;
  const ago = duration(Math.max(0, at.getTime() - ended));
  return html`<b class="badge ${run.outcome}">${run.outcome}</b> on <b>${run.instance}</b>
    <small>${ago} ago, took ${duration(run.duration)}, token ${run.fencingToken}</small>
    ${run.error === undefined ? null : html`<small class="error">${run.error}</small>`}`;
}

function next({ enabled, paused, next: slot }: JobInfo, at: Date): Html {
  if (!enabled) return html`<i>switched off on this instance</i>`;
  if (paused) return html`<i>paused</i>`;
  if (slot === null) return html`<i>none: this instance is stopping</i>`;
  return html`<time datetime="${slot.toISOString()}"
    >in ${duration(Math.max(0, slot.getTime() - at.getTime()))}</time
  >`;
}

/** `every 10000 ms` is exact; people read `every 10 s`. */
function readable(schedule: string): string {
  return schedule.replace(/^every (\d+) ms$/, (_, ms: string) => `every ${duration(Number(ms))}`);
}

/** Seconds. */
const REFRESH = 2;
