import type { CleanupPage } from '../client';
import { plural } from './words';

/** "42.1 KiB", as the program writes sizes. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let size = bytes / 1024;
  for (; size >= 1023.95 && unit + 1 < units.length; ++unit) size /= 1024;
  return `${size.toFixed(1)} ${units[unit]}`;
}

/** What all pages of a cleanup have deleted. */
export type CleanupTotals = Omit<CleanupPage, 'next'>;

export function addPage(to: CleanupTotals | undefined, page: CleanupPage): CleanupTotals {
  const { next: _, ...sum } = page;
  if (to) for (const key of Object.keys(sum) as (keyof CleanupTotals)[]) sum[key] += to[key];
  return sum;
}

/** The runs without their subflows. */
export function rootRuns(all: CleanupTotals): number {
  return all.completed + all.failed + all.cancelled;
}

/** "Deleted 12 runs (9 completed, 2 failed, 1 cancelled) and 3 subflows: …", as `pawl gc` says it. */
export function cleanupText(all: CleanupTotals, dryRun: boolean): string {
  const roots = rootRuns(all);
  let text = `${dryRun ? 'Would delete' : 'Deleted'} ${plural(roots, 'run')}`;
  if (roots > 0) text += ` (${all.completed} completed, ${all.failed} failed, ${all.cancelled} cancelled)`;
  if (all.runs > roots) text += ` and ${plural(all.runs - roots, 'subflow')}`;
  text += `: ${plural(all.records, 'record')}, ${sizeText(all.bytes)}.`;
  const note = (runs: number, why: string) => {
    if (runs > 0) text += ` ${plural(runs, 'run')} ${why}.`;
  };
  note(all.kept, 'marked to be kept');
  note(all.in_use, 'still in use');
  note(all.damaged, 'with damaged records');
  return text;
}
