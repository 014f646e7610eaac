// Why a run does not move, in words.
import type { Run, RunEvent, WaitingOn, Workers } from '../client';
import { type Definition, nodeOf } from './definition';
import type { Progress } from './progress';
import { durationText } from './time';

export interface Explanation {
  /** One sentence. */
  headline: string;
  /** What to do, or more about it. */
  advice: string;
  tone: 'good' | 'bad' | 'wait' | 'busy' | 'neutral';
  /** A run to look at instead. */
  run?: string;
}

function left(until: string | undefined, now: number): string {
  if (!until) return '';
  const ms = Date.parse(until) - now;
  return ms > 0 ? ` It times out in ${durationText(ms)}.` : ' Its time is over; it continues in a moment.';
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

function waitText(
  wait: WaitingOn,
  run: Run,
  progress: Progress | undefined,
  workers: Workers | undefined,
  now: number,
): Explanation {
  const at = wait.node ? ` at ${wait.node}` : '';
  switch (wait.kind) {
    case 'function':
      return {
        headline: run.undoing
          ? `Compensating${at}: ${wait.name} is running.`
          : `Running ${wait.name}${at}${(wait.calls ?? 1) > 1 ? `, call ${wait.calls}` : ''}.`,
        advice: '',
        tone: 'busy',
      };
    case 'worker': {
      const served = workers ? isServed(workers, wait.name) : true;
      return served
        ? {
            headline: `Waiting for a worker to do ${wait.name}${at}.`,
            advice: 'A worker serves this function; the task is queued or in work.',
            tone: 'busy',
          }
        : {
            headline: `No worker serves ${wait.name}.`,
            advice: `Start a worker with this function; the task${at} is queued until then.`,
            tone: 'bad',
          };
    }
    case 'signal':
      return {
        headline: `Waiting for the signal ${wait.name}${at}.${left(wait.until, now)}`,
        advice: 'It continues when the signal arrives.',
        tone: 'wait',
      };
    case 'answer':
      return {
        headline: `Waiting for an answer to a question${at}.${left(wait.until, now)}`,
        advice: 'Answer it below.',
        tone: 'wait',
      };
    case 'run':
      return {
        headline: `Waiting for its subflow ${wait.name}${at}.`,
        advice: 'Look at that run to see why it does not move.',
        tone: 'wait',
        run: wait.name,
      };
    case 'branches':
      return { headline: `Waiting${at} for other branches.`, advice: '', tone: 'wait' };
    case 'timer': {
      const node = progress?.nodes.get(wait.node);
      const ms = wait.until ? Date.parse(wait.until) - now : 0;
      const when = ms > 0 ? ` in ${durationText(ms)}` : ' now';
      if (node?.error)
        return {
          headline: `The next attempt${at} begins${when}.`,
          advice: `Error of the last attempt: ${node.error.replace(/^failed: /, '')}`,
          tone: 'wait',
        };
      return { headline: `Waiting${at}; it continues${when}.`, advice: '', tone: 'wait' };
    }
  }
}

/** The newest reason of events of these kinds, since the run last went on. */
function reasonOf(events: readonly RunEvent[], kinds: string[]): string {
  for (let i = events.length - 1; i >= 0; --i) {
    const { kind, detail } = events[i]!;
    if (kind === 'run_resumed' || kind === 'run_retried') return '';
    if (!kinds.includes(kind)) continue;
    const reason = (detail as Record<string, unknown> | null)?.['reason'];
    if (typeof reason === 'string') return reason;
  }
  return '';
}

export function explain(
  run: Run,
  definition: Definition | undefined,
  progress: Progress | undefined,
  events: readonly RunEvent[],
  workers: Workers | undefined,
  now: number,
): Explanation[] {
  switch (run.status) {
    case 'completed':
      return [];
    case 'cancelled': {
      const reason = reasonOf(events, ['run_cancelled', 'compensating']);
      return reason ? [{ headline: `Cancelled: ${reason}`, advice: '', tone: 'neutral' }] : [];
    }
    case 'failed': {
      const node = run.error?.node ?? '';
      const headline = `Failed${node ? ` at ${node}` : ''}.`;
      const tone = 'bad' as const;
      if (run.undoing)
        return [
          {
            headline: `A compensation failed${node ? ` at ${node}` : ''}.`,
            advice: 'Fix the cause, then retry it; or skip this compensation.',
            tone,
          },
        ];
      if (run.at.length === 0) {
        const compensated = events.some((event) => event.kind === 'compensation_finished');
        return [
          {
            headline,
            advice: `${compensated ? 'Its steps were compensated, so it' : 'It'} cannot be retried. Restart it as a new run.`,
            tone,
          },
        ];
      }
      if (definition && nodeOf(definition, node)?.type === 'fail')
        return [
          {
            headline,
            advice: `${node} is a node of type fail: a retry fails there again. Restart it as a new run.`,
            tone,
          },
        ];
      return [{ headline, advice: 'Fix the cause, then retry the failed step.', tone }];
    }
    case 'paused':
    case 'running': {
      const waits = run.waiting_on.map((wait) => waitText(wait, run, progress, workers, now));
      if (run.status === 'paused' && !run.waiting_on.some((wait) => wait.kind === 'answer')) {
        const reason = reasonOf(events, ['run_paused', 'run_pausing']);
        const paused: Explanation = {
          headline: reason ? `Paused: ${reason}` : 'Paused.',
          advice: 'No step starts until it is resumed.',
          tone: 'wait',
        };
        return [paused, ...waits];
      }
      if (run.pausing)
        return [
          { headline: 'Pausing: it pauses when its running functions return.', advice: '', tone: 'busy' },
          ...waits,
        ];
      if (run.undoing)
        return [
          { headline: 'Compensating its completed steps; then it ends.', advice: '', tone: 'busy' },
          ...waits,
        ];
      if (waits.length > 0) return waits;
      return [
        {
          headline: run.at.length > 0 ? `Running at ${run.at.slice(0, 3).join(', ')}.` : 'Running.',
          advice: '',
          tone: 'busy',
        },
      ];
    }
  }
}
