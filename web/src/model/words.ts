import type { RunSummary } from '../client';

/** "1 run", "2 runs". */
export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}

/** "signal approved at ask and 2 more", as `pawl runs ls` has it; empty if the run waits for nothing. */
export function waitWords(run: RunSummary): string {
  const [first, ...rest] = run.waits ?? [];
  if (!first) return '';
  return (
    first.kind +
    (first.name ? ` ${first.name}` : '') +
    (first.node ? ` at ${first.node}` : '') +
    (rest.length > 0 ? ` and ${rest.length} more` : '')
  );
}
