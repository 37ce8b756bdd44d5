import type { JobInfo } from '@leased-jobs/nestjs';
import { duration } from './duration.js';
import type { HealthReport } from './health.js';
import { type Markup, markup } from './markup.js';
import { STATUS_STYLE } from './status-style.js';

/** The jobs of the cluster as one instance sees them. It reloads itself, without a script. */
export function statusPage({ instance, pid, at, jobs, error }: HealthReport): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="${REFRESH}">
  <link rel="icon" href="data:,">
  <title>Leased Jobs · ${instance}</title>
  <style>${STATUS_STYLE}</style>
</head>
<body>
<main>
  <header>
    <h1>Leased Jobs</h1>
    <p>Each slot runs on one instance at a time. This page was answered by <b>${instance}</b> (pid ${pid}).</p>
  </header>
${error === undefined ? null : trouble(error)}
${jobs.map((job) => card(job, at))}
  <footer>As of ${moment(at, at.toTimeString().slice(0, 8))}, renewed every ${REFRESH} s · <a href="/health">JSON</a></footer>
</main>
</body>
</html>
`;
  return page.text;
}

function trouble(error: string): Markup {
  return markup`<p class="trouble"><b>The store cannot be asked.</b> ${error}</p>`;
}

function card(job: JobInfo, at: Date): Markup {
  return markup`
  <article class="${job.holder === null ? 'free' : 'held'}">
    <h2>${job.name}</h2>
    <p class="schedule">${readable(job.schedule)}</p>
    <dl>
      <div><dt>Lock</dt><dd>${job.lock} <small>${holder(job)}</small></dd></div>
      <div><dt>Last run</dt><dd>${lastRun(job, at)}</dd></div>
      <div><dt>Next slot</dt><dd>${nextSlot(job, at)}</dd></div>
    </dl>
  </article>`;
}

function holder({ holder: instance }: JobInfo): Markup {
  if (instance === null) return markup`free`;
  return markup`held by <b class="badge holder">${instance}</b>`;
}

function lastRun({ lastRun: run }: JobInfo, at: Date): Markup {
  if (run === null) return markup`<i>none yet</i>`;
  const ago = Math.max(0, at.getTime() - run.startedAt - run.duration);
  return markup`<b class="badge ${run.outcome}">${run.outcome}</b> on <b>${run.instance}</b>
        <small>${duration(ago)} ago, took ${duration(run.duration)}, token ${run.fencingToken}</small>
        ${run.error === undefined ? null : markup`<small class="error">${run.error}</small>`}`;
}

function nextSlot({ enabled, paused, next }: JobInfo, at: Date): Markup {
  if (!enabled) return markup`<i>switched off on this instance</i>`;
  if (paused) return markup`<i>paused</i>`;
  if (next === null) return markup`<i>none: this instance is stopping</i>`;
  return moment(next, `in ${duration(Math.max(0, next.getTime() - at.getTime()))}`);
}

function moment(date: Date, text: string): Markup {
  return markup`<time datetime="${date.toISOString()}">${text}</time>`;
}

/** `every 10000 ms` is exact; people read `every 10 s`. */
function readable(schedule: string): string {
  return schedule.replace(/^every (\d+) ms$/, (_, ms: string) => `every ${duration(Number(ms))}`);
}

/** Seconds. */
const REFRESH = 2;
