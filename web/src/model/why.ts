// What the server explains about a run (`GET /v1/runs/{id}/explain`), as the page shows it; and which
// functions workers serve. The sentences are those of the server.
import type { RunError, RunEvent, WaitReason, Workers } from '../client';
import { isObject } from './definition';

export type Tone = 'bad' | 'wait' | 'busy' | 'neutral';

/** How urgent a reason looks. */
export function toneOf(reason: WaitReason): Tone {
  const detail: Record<string, unknown> = isObject(reason.detail) ? reason.detail : {};
  if (reason.kind === 'failure' || reason.kind === 'quarantine') return 'bad';
  if (reason.kind === 'end') return 'neutral';
  if (reason.kind === 'worker' && detail['workers'] === 0 && !reason.held) return 'bad';
  return ['function', 'worker', 'engine'].includes(reason.mover) ? 'busy' : 'wait';
}

const movers: Record<WaitReason['mover'], string> = {
  time: 'Continues by itself.',
  signal: 'Continues with a signal.',
  answer: 'Continues with an answer.',
  worker: 'Continues with the result of a worker.',
  function: 'Continues when the call returns.',
  run: 'Continues when the subflow ends.',
  engine: 'The engine continues it.',
  branches: 'Continues when the other branches are there.',
  command: 'Continues with a command.',
  nobody: '',
};

/** What continues the run. */
export function moverText(reason: WaitReason): string {
  const names = reason.commands.map((each) => each.command);
  if (reason.mover === 'command' && names.length > 0) return `Continues with: ${names.join(', ')}.`;
  return movers[reason.mover];
}

/** The sentence of the server; of a question with its text in place of its id, which a page has no use for. */
export function reasonText({ kind, name, text, detail }: WaitReason): string {
  const id = ` to the question "${name}"`;
  if (kind !== 'answer' || !text.includes(id)) return text;
  const question = isObject(detail) ? detail['question'] : undefined;
  if (typeof question !== 'string' || question === '') return text.replace(id, '');
  return text.replace(`${id}.`, () => `: ${question}`);
}

/** What to do about a failed run: the explanation without the error that it repeats. */
export function adviceOf(reason: WaitReason, error: RunError): string {
  const names = reason.commands.map((each) => each.command);
  const at = error.message === '' ? -1 : reason.text.indexOf(error.message);
  const rest = at < 0 ? '' : reason.text.slice(at + error.message.length).replace(/^[.\s]+/, '');
  if (rest !== '') return rest;
  if (names.includes('skip')) return 'Fix the cause, then retry the compensation; or skip it.';
  return names.includes('retry') ? 'Fix the cause, then retry the failed step.' : reason.text;
}

/** The reason that was given when the run was cancelled; empty if there was none. */
export function cancelReason(events: readonly RunEvent[]): string {
  for (let i = events.length - 1; i >= 0; --i) {
    const { kind, detail } = events[i]!;
    if (kind !== 'run_cancelled' && kind !== 'compensating') continue;
    const reason = (detail as Record<string, unknown> | null)?.['reason'];
    if (typeof reason === 'string') return reason;
  }
  return '';
}

/** Whether a worker polls for this function, or works on one. */
export function isServed(workers: Workers, codeRef: string, queue?: string): boolean {
  return (
    workers.queues.some(
      (each) => each.code_ref === codeRef && each.leased > 0 && (!queue || each.queue === queue),
    ) || workers.workers.some((each) => each.functions.includes(codeRef) && (!queue || each.queue === queue))
  );
}

/** Queues with tasks that no worker takes. */
export function unservedQueues(workers: Workers): Workers['queues'] {
  return workers.queues.filter((each) => each.queued > 0 && !isServed(workers, each.code_ref, each.queue));
}
