import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a measuring script several times for each of its variants, in turn, each in a process of its own: what the
 * machine does meanwhile then hits all variants alike. The script prints one JSON object of numbers.
 */
export function interleaved<Variant extends string>(
  script: URL,
  variants: readonly Variant[],
  rounds: number,
): Record<Variant, Record<string, number>[]> {
  const results = Object.fromEntries(variants.map((variant) => [variant, []])) as unknown as Record<
    Variant,
    Record<string, number>[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) {
      const printed = execFileSync(process.execPath, ['--expose-gc', fileURLToPath(script), variant], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '' },
      });
      results[variant].push(JSON.parse(printed) as Record<string, number>);
    }
  }
  return results;
}

export function median(numbers: readonly number[]): number {
  const ordered = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  return ordered.length % 2 === 1
    ? (ordered[middle] ?? Number.NaN)
    : ((ordered[middle - 1] ?? Number.NaN) + (ordered[middle] ?? Number.NaN)) / 2;
}
