// The attempts of a run's steps, for the timeline: what the events say about when each worked and waited.
import type { RunEvent } from '../client';
import { failureOf, numberOf, textOf } from './definition';

export type SegmentKind = 'work' | 'wait' | 'queue' | 'backoff';

export interface Segment {
  kind: SegmentKind;
  from: number;
  /** Undefined: it goes on. */
  to: number | undefined;
}

export type AttemptStatus = 'running' | 'waiting' | 'completed' | 'failed' | 'stopped';

/** One row of the timeline: an attempt of a visit of a node, or its compensation. */
export interface Attempt {
  /** Where it began. */
  checkpoint: number;
  node: string;
  visit: number;
  attempt: number;
  compensates: boolean;
  status: AttemptStatus;
  segments: Segment[];
  from: number;
  us: number | undefined;
  error: string;
  worker: string;
  child: string;
}

/** Node types whose time is that of something else: a clock, a person, other steps. */
const waits = new Set(['wait', 'signal', 'interrupt', 'await', 'subflow', 'join', 'map']);

export class Attempts {
  /** In the order in which they began. */
  readonly all: Attempt[] = [];
  readonly #types: ReadonlyMap<string, string>;
  readonly #open = new Map<string, Attempt>();

  /** `types`: the type of each node. */
  constructor(types: ReadonlyMap<string, string>) {
    this.#types = types;
  }

  /** Ends all that are open: the run has ended. */
  endAll(at: number, status: AttemptStatus): void {
    for (const attempt of this.#open.values()) this.#close(attempt, at, status);
    this.#open.clear();
  }

  /** Applies an event of a node; `detail` is that of the event. */
  apply(event: RunEvent, at: number, detail: Record<string, unknown>): void {
    const compensation = event.kind.startsWith('compensation_');
    const key = `${event.node}/${event.visit}`;
    const open = this.#open.get(key) ?? this.#open.get(`${key}/c`);
    switch (event.kind) {
      case 'step_started':
      case 'compensation_started': {
        if (open) this.#finish(open, at);
        const type = this.#types.get(event.node) ?? '';
        this.#begin(event, at, !compensation && waits.has(type) ? 'wait' : 'work', compensation);
        return;
      }
      case 'step_restarted':
        if (open) this.#next(open, 'work', at, 'running');
        return;
      case 'signal_awaited':
      case 'branch_arrived':
        if (!open) this.#begin(event, at, 'wait', false);
        return;
      case 'task_queued':
        if (open) this.#next(open, 'queue', at, 'waiting');
        return;
      case 'task_leased':
        if (open) {
          this.#next(open, 'work', at, 'running');
          open.worker = textOf(detail['worker']);
        }
        return;
      case 'lease_lost':
        if (open) this.#next(open, 'queue', at, 'waiting');
        return;
      case 'wait_began':
      case 'interrupted':
        if (open) this.#next(open, 'wait', at, 'waiting');
        return;
      case 'child_started':
        if (open) open.child = textOf(detail['run']);
        return;
      case 'retry_scheduled':
        if (open) {
          open.us = numberOf(detail, 'us');
          open.error = failureOf(detail);
          this.#next(open, 'backoff', at, 'failed');
        }
        return;
      case 'timer_fired':
        if (open && open.segments.at(-1)?.kind === 'backoff') this.#finish(open, at);
        return;
      case 'answered':
        if (open && this.#types.get(event.node) !== 'interrupt') this.#next(open, 'work', at, 'running');
        return;
      case 'step_finished':
      case 'signal_claimed':
      case 'compensation_finished':
        if (!open && event.kind === 'signal_claimed') this.#begin(event, at, 'wait', false);
        return this.#end(key, at, 'completed', numberOf(detail, 'us'), '');
      case 'branches_joined':
        return this.#join(event.node, key, at, numberOf(detail, 'branches') ?? 1);
      case 'step_failed':
      case 'compensation_failed':
        return this.#end(key, at, 'failed', numberOf(detail, 'us'), failureOf(detail));
      case 'branch_dropped':
      case 'compensation_skipped':
        return this.#end(key, at, 'stopped', undefined, '');
      case 'edge_taken':
        if (open && (detail['why'] === 'timeout' || detail['why'] === 'error'))
          this.#end(key, at, detail['why'] === 'timeout' ? 'stopped' : 'failed', undefined, open.error);
        return;
    }
  }

  #begin(event: RunEvent, at: number, kind: SegmentKind, compensates: boolean): void {
    const attempt: Attempt = {
      checkpoint: event.checkpoint ?? 0,
      node: event.node,
      visit: event.visit,
      attempt: event.attempt,
      compensates,
      status: kind === 'work' ? 'running' : 'waiting',
      segments: [{ kind, from: at, to: undefined }],
      from: at,
      us: undefined,
      error: '',
      worker: '',
      child: '',
    };
    this.all.push(attempt);
    this.#open.set(`${event.node}/${event.visit}${compensates ? '/c' : ''}`, attempt);
  }

  #next(attempt: Attempt, kind: SegmentKind, at: number, status: AttemptStatus): void {
    this.#finish(attempt, at);
    const last = attempt.segments.at(-1);
    // A segment of no length says nothing.
    if (last && last.from === last.to && kind !== 'backoff') attempt.segments.pop();
    attempt.segments.push({ kind, from: at, to: undefined });
    attempt.status = status;
  }

  #finish(attempt: Attempt, at: number): void {
    const last = attempt.segments.at(-1);
    if (last && last.to === undefined) last.to = at;
  }

  #close(attempt: Attempt, at: number, status: AttemptStatus): void {
    this.#finish(attempt, at);
    if (attempt.status === 'running' || attempt.status === 'waiting') attempt.status = status;
  }

  /** Ends the waits of as many branches as were joined, the oldest first. */
  #join(node: string, key: string, at: number, branches: number): void {
    this.#end(key, at, 'completed', undefined, '');
    for (const [each, attempt] of this.#open) {
      if (branches <= 1) return;
      if (attempt.node !== node) continue;
      this.#end(each, at, 'completed', undefined, '');
      branches -= 1;
    }
  }

  #end(key: string, at: number, status: AttemptStatus, us: number | undefined, error: string): void {
    for (const each of [key, `${key}/c`]) {
      const open = this.#open.get(each);
      if (!open) continue;
      this.#finish(open, at);
      open.status = status;
      open.us = us || undefined;
      open.error = error;
      this.#open.delete(each);
    }
  }
}
