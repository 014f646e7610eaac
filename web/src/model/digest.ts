import type { EventDigest, RunStatus } from '../client';
import { changesSummary } from './events';

/** Whether the digest may have events of one of the runs: it names the newest runs only. */
export function concerns({ runs, more_runs }: EventDigest, ...ids: string[]): boolean {
  return more_runs || runs.some((run) => ids.includes(run.id));
}

/** Whether a run has begun or changed its status. */
export function changesCounts({ kinds }: EventDigest): boolean {
  return Object.keys(kinds).some(changesSummary);
}

const leadingTo: Record<RunStatus, string[]> = {
  running: ['run_created', 'run_resumed', 'run_retried'],
  paused: ['run_paused'],
  completed: ['run_completed'],
  failed: ['run_failed'],
  cancelled: ['run_cancelled'],
};

/**
 * The number of runs that have come into the list of a status, or of all runs, besides those that it
 * shows: exact unless the digest does not name all runs.
 */
export function arrivals(
  { kinds, runs, more_runs }: EventDigest,
  status: RunStatus | undefined,
  isShown: (id: string) => boolean,
): number {
  const leading = status ? leadingTo[status] : ['run_created'];
  const events = leading.reduce((sum, kind) => sum + (kinds[kind] ?? 0), 0);
  if (more_runs) return events;
  const named = runs.filter((run) => run.status && (!status || run.status === status) && !isShown(run.id));
  return Math.min(named.length, events);
}
