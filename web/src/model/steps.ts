// Steps of a run: what each attempt was given and returned.
import type { RunStep } from '../client';
import type { AttemptStatus } from './attempts';
import { isObject } from './definition';

/** What names an attempt of a node; the timeline has it too. */
export interface StepPlace {
  checkpoint: number;
  visit: number;
  attempt: number;
  compensates?: boolean;
}

/** "12.1.2", with "c" for a compensation: for the URL, unique for a node. */
export function stepKey({ checkpoint, visit, attempt, compensates }: StepPlace): string {
  return `${checkpoint}.${visit}.${attempt}${compensates ? 'c' : ''}`;
}

/** The checkpoint of a key; undefined if the text is not one. */
export function checkpointOf(key: string): number | undefined {
  const found = /^(\d+)\.\d+\.\d+c?$/.exec(key);
  return found && Number(found[1]) >= 1 ? Number(found[1]) : undefined;
}

/** "visit 2, attempt 3, item 4": what is not the first. */
export function stepName(step: RunStep): string {
  const parts: string[] = [];
  if (step.item !== undefined) parts.push(`item ${step.item}`);
  if (step.visit > 1 || parts.length === 0) parts.push(`visit ${step.visit}`);
  if (step.attempt > 1) parts.push(`attempt ${step.attempt}`);
  if (step.compensates) parts.push('compensation');
  return parts.join(', ');
}

/** How the status of a step is drawn; those of later versions as stopped. */
export function stepLook(status: string): AttemptStatus {
  switch (status) {
    case 'running':
    case 'completed':
    case 'failed':
      return status;
    case 'queued':
    case 'waiting':
      return 'waiting';
    default:
      return 'stopped';
  }
}

/** A value that the history has only in part, because of its size. */
export interface CutValue {
  bytes: number;
  text: string;
}

export function cutValue(value: unknown): CutValue | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1 || !isObject(value['cut'])) return undefined;
  const { bytes, text } = value['cut'];
  return typeof bytes === 'number' && typeof text === 'string' ? { bytes, text } : undefined;
}
