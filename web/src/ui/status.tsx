import type { Job, JobOutcome, RunStatus } from '../client';
import type { Phase } from '../model/progress';
import { Icon, type IconName } from './icons';

/** A status is a sign, a word and a colour: none of them is needed to understand it. */
export function StatusBadge({ status, note }: { status: RunStatus; note?: string | undefined }) {
  return (
    <span className={`status status-${status}`}>
      <Icon name={status} /> {status}
      {note ? `, ${note}` : ''}
    </span>
  );
}

export const phaseWords: Record<Phase, string> = {
  unknown: 'not in this part',
  not_reached: 'not reached',
  running: 'running',
  waiting: 'waiting',
  done: 'done',
  failed: 'failed',
  stopped: 'stopped',
  compensating: 'compensating',
  compensated: 'compensated',
};

export const phaseIcons: Record<Phase, IconName> = {
  unknown: 'not_reached',
  not_reached: 'not_reached',
  running: 'running',
  waiting: 'waiting',
  done: 'completed',
  failed: 'failed',
  stopped: 'stopped',
  compensating: 'compensated',
  compensated: 'compensated',
};

export function PhaseBadge({ phase }: { phase: Phase }) {
  return (
    <span className={`status phase-${phase}`}>
      <Icon name={phaseIcons[phase]} /> {phaseWords[phase]}
    </span>
  );
}

const jobLooks: Record<Job['state'], RunStatus> = {
  selecting: 'running',
  running: 'running',
  finished: 'completed',
  aborted: 'cancelled',
  failed: 'failed',
};

export function JobBadge({ state }: { state: Job['state'] }) {
  return (
    <span className={`status status-${jobLooks[state]}`}>
      <Icon name={jobLooks[state]} /> {state}
    </span>
  );
}

const outcomeLooks: Record<JobOutcome, [icon: IconName, className: string]> = {
  waiting: ['waiting', ''],
  done: ['completed', 'status-completed'],
  refused: ['stopped', 'status-paused'],
  failed: ['failed', 'status-failed'],
};

export function OutcomeBadge({ outcome }: { outcome: JobOutcome }) {
  const [icon, className] = outcomeLooks[outcome];
  return (
    <span className={`status ${className}`}>
      <Icon name={icon} /> {outcome}
    </span>
  );
}
