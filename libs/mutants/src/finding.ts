import { basename } from 'node:path';
import type { Fault } from './fault.js';

/**
 * - `caught`: its case passes without the fault and fails with it.
 * - `SURVIVED`: its case passes with the fault as well.
 * - `NOT SOUND`: its case does not pass without the fault.
 * - `NOT APPLIED`: the source has changed since the fault was thought of.
 * - `PROVES NOTHING`: with the fault there was no verdict on the case.
 */
export interface Finding {
  readonly outcome: 'caught' | 'SURVIVED' | 'NOT SOUND' | 'NOT APPLIED' | 'PROVES NOTHING';
  readonly why: string;
}

/** For people. The case comes last, for it is the longest. */
export function asTable(faults: readonly Fault[]) {
  const width = (cells: readonly string[]): number => Math.max(...cells.map(({ length }) => length));
  const names = width(['fault', ...faults.map(({ name }) => name)]);
  const places = width(['where', ...faults.map(placeOf)]);
  const line = (name: string, place: string, seconds: string, rest: string): string =>
    `${name.padEnd(names)}  ${place.padEnd(places)}  ${seconds.padStart(7)}  ${rest}`;
  return {
    head: line('fault', 'where', 'seconds', 'caught by'),
    row(fault: Fault, { outcome, why }: Finding, seconds: number): string {
      const { file, title } = fault.caughtBy;
      const by = `${basename(file)}: ${title}`;
      const rest = outcome === 'caught' ? by : `${outcome}: ${why} [${by}]`;
      return line(fault.name, placeOf(fault), seconds.toFixed(1), rest);
    },
  };
}

/** `core/lease/leases.ts` */
function placeOf({ file }: Fault): string {
  return file.replace(/^packages\//, '').replace('/src/', '/');
}
