import type { RunEvent } from '../client';
import { isObject, textOf } from './definition';
import { durationText } from './time';

export type EventGroup = 'run' | 'steps' | 'failures' | 'waits' | 'branches' | 'compensation';

export const eventGroups: { id: EventGroup; label: string }[] = [
  { id: 'run', label: 'Run' },
  { id: 'steps', label: 'Steps' },
  { id: 'failures', label: 'Failures' },
  { id: 'waits', label: 'Waits and signals' },
  { id: 'branches', label: 'Branches and edges' },
  { id: 'compensation', label: 'Compensation' },
];

const failures = new Set([
  'step_failed',
  'retry_scheduled',
  'run_failed',
  'item_failed',
  'compensation_failed',
  'lease_lost',
  'in_doubt',
]);
const waits = new Set([
  'signal_received',
  'signal_awaited',
  'signal_claimed',
  'wait_began',
  'timer_fired',
  'interrupted',
  'answered',
  'task_queued',
  'task_leased',
]);
const branches = new Set([
  'edge_taken',
  'condition_evaluated',
  'forked',
  'branch_ended',
  'branches_merged',
  'branch_arrived',
  'branches_joined',
  'branch_dropped',
]);

export function groupOf(kind: string): EventGroup {
  if (failures.has(kind)) return 'failures';
  if (kind.startsWith('compensat')) return 'compensation';
  if (waits.has(kind)) return 'waits';
  if (branches.has(kind)) return 'branches';
  if (kind.startsWith('run_') || kind === 'data_updated') return 'run';
  return 'steps';
}

/** "step_failed" as words. */
export function kindText(kind: string): string {
  return kind.replace(/_/g, ' ');
}

/** What the event says beyond its kind and node. */
export function eventText(event: RunEvent): string {
  const detail: Record<string, unknown> = isObject(event.detail) ? event.detail : {};
  const parts: string[] = [];
  const us = detail['us'];
  if (typeof us === 'number' && us > 0) parts.push(`took ${durationText(us / 1000)}`);
  if (detail['type'] !== undefined || detail['message'] !== undefined)
    parts.push([textOf(detail['type']), textOf(detail['message'])].filter(Boolean).join(': '));
  switch (event.kind) {
    case 'condition_evaluated':
      parts.push(textOf(detail['result']));
      break;
    case 'edge_taken':
      parts.push(`to ${textOf(detail['to'])} (${textOf(detail['why'])})`);
      break;
    case 'forked':
    case 'branches_merged':
    case 'branches_joined':
      parts.push(`${textOf(detail['branches'])} branches`);
      break;
    case 'signal_received':
    case 'signal_awaited':
    case 'signal_claimed':
      parts.push(textOf(detail['signal']));
      break;
    case 'wait_began':
      parts.push(
        typeof detail['ms'] === 'number'
          ? `for ${durationText(detail['ms'])}`
          : `until ${textOf(detail['until'])}`,
      );
      break;
    case 'retry_scheduled':
      if (typeof detail['wait_ms'] === 'number')
        parts.push(`attempt ${event.attempt + 1} in ${durationText(detail['wait_ms'])}`);
      break;
    case 'interrupted':
      parts.push(textOf(detail['value']));
      break;
    case 'answered':
      parts.push(textOf(detail['question']));
      break;
    case 'task_queued':
      parts.push(`${textOf(detail['code_ref'])} in queue ${textOf(detail['queue'])}`);
      break;
    case 'task_leased':
    case 'lease_lost':
      parts.push(`worker ${textOf(detail['worker'])}`);
      break;
    case 'child_started':
      parts.push(`run ${textOf(detail['run'])}`);
      break;
    case 'map_began':
      parts.push(`${textOf(detail['items'])} items`);
      break;
    case 'item_finished':
    case 'item_failed':
      parts.push(`item ${textOf(detail['item'])}`);
      break;
    case 'data_updated':
      parts.push(Array.isArray(detail['keys']) ? detail['keys'].map(textOf).join(', ') : '');
      break;
    case 'compensating':
      parts.push(`${textOf(detail['steps'])} steps`);
      if (detail['awaited'] !== undefined) parts.push(`${textOf(detail['awaited'])} calls awaited`);
      if (detail['to'] !== undefined) parts.push(`then ${textOf(detail['to'])}`);
      break;
  }
  if (detail['reason'] !== undefined) parts.push(`reason: ${textOf(detail['reason'])}`);
  return parts.filter(Boolean).join('; ');
}

const changing = new Set([
  'run_created',
  'run_completed',
  'run_failed',
  'run_cancelled',
  'run_paused',
  'run_resumed',
  'run_retried',
  'run_deleted',
  'answered',
  'compensating',
]);

/** Whether the event changes the status of a run, or how many runs there are. */
export function changesSummary(kind: string): boolean {
  return changing.has(kind);
}
