import { Markup } from './markup.js';

/** Light and dark, wide and narrow. */
export const STATUS_STYLE = new Markup(`
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14161a);
  --card: light-dark(#fff, #1d2026);
  --line: light-dark(#e2e5ea, #30343c);
  --ink: light-dark(#1c2026, #e8eaee);
  --soft: light-dark(#667080, #98a1b0);
  --good: light-dark(#14733c, #6fd69a);
  --bad: light-dark(#b3261e, #ff9a91);
  --warm: light-dark(#8a5a00, #f2c063);
  --live: light-dark(#1d5fd0, #8ab8ff);
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem; display: grid; gap: 1rem; }
h1 { font-size: 1.6rem; letter-spacing: -.02em; }
header { margin-bottom: .75rem; }
header p, .schedule, footer, i, small, dt { color: var(--soft); }
header b { color: var(--ink); }
dd { line-height: 1.6; }
i { font-style: normal; }
small { display: block; font-size: .85rem; line-height: 1.75; }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; box-shadow: inset 4px 0 var(--line);
  padding: 1rem 1.25rem; display: grid; grid-template-columns: 1fr auto; gap: .5rem 1rem; align-items: baseline;
}
article.held { box-shadow: inset 4px 0 var(--live); }
h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
dl { grid-column: 1 / -1; display: grid; grid-template-columns: 1fr 1.6fr 1fr; gap: .75rem 1.5rem; }
dt { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.badge { font-size: .85em; font-weight: 600; padding: .05rem .5rem; border-radius: 1rem; color: var(--tint);
  background: color-mix(in srgb, var(--tint) 13%, transparent); --tint: var(--soft); }
.holder { --tint: var(--live); }
.succeeded { --tint: var(--good); }
.failed, .timed-out { --tint: var(--bad); }
.lost, .interrupted { --tint: var(--warm); }
.error { color: var(--bad); }
.trouble { border: 1px solid var(--bad); border-radius: .6rem; padding: 1rem 1.25rem; color: var(--bad); overflow-wrap: anywhere; }
a { color: inherit; }
footer { font-size: .85rem; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem; }
  dl { grid-template-columns: 1fr; }
}
`);
