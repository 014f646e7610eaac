// Jobs: commands to all runs that fit a filter, carried out by the server (docs/jobs.md).
import type { Job, JobCommand, JobOutcome, JobStart, Json, RunStatus } from '../client';
import { bulkCommands, programText, type Role, type Where, wording } from './commands';
import { both, condition } from './filter';
import { plural } from './words';

interface JobKind {
  command: JobCommand;
  /** The statuses of the runs that take the command. */
  statuses: RunStatus[];
  label: string;
  effect: string;
  destructive: boolean;
  role: Role;
}

/** The commands that a job can send. */
export const jobKinds: JobKind[] = [
  ...bulkCommands.map((each): JobKind => ({ ...each, ...wording[each.command], role: 'operator' })),
  {
    command: 'delete',
    statuses: ['completed', 'failed', 'cancelled'],
    label: 'Delete',
    effect:
      'Deletes the runs and their subflows with their input, data, history and signals, for good. Runs that are kept refuse it.',
    destructive: true,
    role: 'admin',
  },
];

export function jobKind(command: JobCommand): JobKind {
  return jobKinds.find((each) => each.command === command)!;
}

/** "Cancel 3 runs", "Send signal to 3 runs". */
export function jobPhrase(command: JobCommand, runs: string): string {
  return `${jobKind(command).label} ${command === 'signal' ? 'to ' : ''}${runs}`;
}

/** What a list shows: a status, a flow, a filter. */
export interface ListedRuns {
  status?: RunStatus | undefined;
  flow?: string | undefined;
  filter?: string | undefined;
}

/** The statuses of listed runs that take the command; empty if none does. */
export function jobStatuses(where: ListedRuns, command: JobCommand): RunStatus[] {
  return jobKind(command).statuses.filter((each) => !where.status || each === where.status);
}

/**
 * The filter of a job for the listed runs that take the command. It always has a status: a run whose
 * status changes before its turn then refuses the command.
 */
export function jobFilter(where: ListedRuns, command: JobCommand): string {
  return both(
    condition('status', '=', ...jobStatuses(where, command)),
    where.flow ? condition('flow', '=', where.flow) : undefined,
    where.filter,
  );
}

/** The most runs that a job takes by their ids: values of one condition. */
export const maxSelectedRuns = 250;

/** The filter of a job for selected runs, as `jobFilter`. */
export function selectedFilter(ids: readonly string[], command: JobCommand): string {
  return both(condition('id', '=', ...ids), condition('status', '=', ...jobKind(command).statuses));
}

/** What a job sends besides its filter, from the fields of a dialog. */
export function jobFields(
  command: JobCommand,
  input: { reason: string; type: string; payload: Json | undefined },
): Partial<JobStart> {
  if (command === 'signal') return { signal: input.type.trim(), payload: (input.payload ?? null) as never };
  const reason = input.reason.trim();
  return reason && command !== 'delete' ? { reason } : {};
}

/** The id of a job that the console starts: a repeated request, which has the same key, starts no second job. */
export function jobIdOf(command: string, requestKey: string): string {
  return `${command}-${requestKey.slice(-12)}`;
}

export function hasEnded(job: Job): boolean {
  return job.ended_at !== null;
}

/** The number of runs of a job with an outcome. */
export function jobCount(job: Job, outcome: JobOutcome): number {
  return outcome === 'waiting' ? job.matched - job.done - job.refused - job.failed : job[outcome];
}

/** "120 of 300 runs done, 3 refused", or what else there is to say about how far a job is. */
export function jobProgress(job: Job): string {
  if (job.state === 'selecting') return `${plural(job.matched, 'run')} found so far`;
  const found = `${plural(job.matched, 'run')} ${job.matched === 1 ? 'fits' : 'fit'}`;
  if (job.dry_run || job.matched === 0) return found;
  const parts = [`${job.done.toLocaleString('en')} of ${plural(job.matched, 'run')} done`];
  if (job.refused > 0) parts.push(`${job.refused.toLocaleString('en')} refused`);
  if (job.failed > 0) parts.push(`${job.failed.toLocaleString('en')} failed`);
  return parts.join(', ');
}

/** The start of a job as a command of the program. */
export function jobText(where: Where, start: JobStart): string {
  const options = ['--filter', start.filter];
  if (start.reason) options.push('--reason', start.reason);
  if (start.rate) options.push('--rate', String(start.rate));
  if (start.signal) options.push('--signal', start.signal);
  const payload = start.payload as unknown;
  if (payload !== undefined && payload !== null) options.push('--payload', JSON.stringify(payload));
  return programText(where, 'jobs', 'start', start.command, ...options);
}
