import type { Run, RunStatus } from '../client';

/** In the order of tabs and lists. */
export const statuses: RunStatus[] = ['running', 'paused', 'failed', 'completed', 'cancelled'];

export function isStatus(text: string | null): text is RunStatus {
  return statuses.includes(text as RunStatus);
}

/** Whether the run has not ended. */
export function isActive(run: Pick<Run, 'status'>): boolean {
  return run.status === 'running' || run.status === 'paused';
}
