// What the events of a run say about the nodes, edges and attempts of its flow. Applies one event at
// a time, so a run of 40,000 events stays linear. The rules are those of the program's tree view
// (cli/view/progress.cpp), with the edges taken and the attempts (attempts.ts) in addition.
import type { Run, RunEvent } from '../client';
import { type Attempt, type AttemptStatus, Attempts } from './attempts';
import { type Definition, type FlowEdge, failureOf, isObject, numberOf, textOf } from './definition';

export type Phase =
  /** Its last event is before those that are loaded, or it has none. */
  | 'unknown'
  | 'not_reached'
  | 'running'
  | 'waiting'
  | 'done'
  | 'failed'
  | 'stopped'
  | 'compensating'
  | 'compensated';

export interface NodeProgress {
  phase: Phase;
  /** Visits that began. Nodes without events of their own count when a branch reaches them. */
  visits: number;
  attempt: number;
  running: number;
  waiting: number;
  since: number | undefined;
  until: number | undefined;
  /** What it waits for: "signal approved". */
  wait: string;
  /** What happened last: "by worker w1". */
  info: string;
  /** The last error, and its type in front. */
  error: string;
  tookUs: number | undefined;
  items: { total: number; finished: number; failed: number } | undefined;
  fraction: number | undefined;
  children: string[];
}

/** Node types that complete without an event when a branch reaches them. */
const silent = new Set(['start', 'end']);

function blank(phase: Phase): NodeProgress {
  return {
    phase,
    visits: 0,
    attempt: 0,
    running: 0,
    waiting: 0,
    since: undefined,
    until: undefined,
    wait: '',
    info: '',
    error: '',
    tookUs: undefined,
    items: undefined,
    fraction: undefined,
    children: [],
  };
}

/** The phase of a node before the first event that is known. */
function phaseBefore(
  node: string,
  later: { at: readonly string[]; waits: readonly string[] } | undefined,
): Phase {
  if (!later) return 'not_reached';
  if (later.waits.includes(node)) return 'waiting';
  return later.at.includes(node) ? 'running' : 'unknown';
}

export class Progress {
  readonly nodes = new Map<string, NodeProgress>();
  /** How often each edge was taken, by its index. */
  readonly edges = new Map<number, number>();
  events = 0;
  first: number | undefined;
  last: number | undefined;

  readonly #types = new Map<string, string>();
  readonly #out = new Map<string, FlowEdge[]>();
  readonly #entry: string;
  readonly #attempts: Attempts;
  #entered = false;

  /** `later`: the events begin later than the run, which is now at these nodes. */
  constructor(definition: Definition, later?: { at: readonly string[]; waits: readonly string[] }) {
    for (const node of definition.nodes) {
      this.nodes.set(node.id, blank(phaseBefore(node.id, later)));
      this.#types.set(node.id, node.type);
    }
    for (const edge of definition.edges) {
      const out = this.#out.get(edge.source);
      if (out) out.push(edge);
      else this.#out.set(edge.source, [edge]);
    }
    this.#entry = definition.entry;
    this.#attempts = new Attempts(this.#types);
  }

  /** In the order in which they began. */
  get attempts(): readonly Attempt[] {
    return this.#attempts.all;
  }

  apply(event: RunEvent): void {
    const at = Date.parse(event.at);
    const detail: Record<string, unknown> = isObject(event.detail) ? event.detail : {};
    this.events += 1;
    this.first ??= at;
    this.last = at;
    if (event.node === '') return this.#applyToRun(event, at);
    const node = this.nodes.get(event.node);
    if (!node) return;
    this.#attempts.apply(event, at, detail);
    switch (event.kind) {
      case 'step_progress':
        node.fraction = numberOf(detail, 'fraction');
        return;
      case 'step_started':
        if (event.attempt <= 1) node.visits = Math.max(node.visits, event.visit);
        node.phase = 'running';
        node.running += 1;
        node.attempt = event.attempt;
        node.since = at;
        node.fraction = undefined;
        node.error = '';
        if (node.waiting === 0) node.until = undefined;
        if (event.attempt <= 1)
          for (const edge of this.#out.get(event.node) ?? []) if (edge.body) this.#take(edge, 1);
        return;
      case 'step_finished':
      case 'step_failed': {
        const failed = event.kind === 'step_failed';
        node.running = Math.max(0, node.running - 1);
        const us = numberOf(detail, 'us') ?? 0;
        node.tookUs = us === 0 && node.since !== undefined ? (at - node.since) * 1000 : us;
        node.fraction = undefined;
        if (failed) node.error = failureOf(detail);
        this.#settle(node, failed ? 'failed' : 'done');
        if (!failed) this.#leave(event.node);
        return;
      }
      case 'condition_evaluated':
        node.visits = Math.max(node.visits + (event.visit ? 0 : 1), event.visit);
        node.phase = 'done';
        node.info = `result: ${textOf(detail['result'])}`;
        this.#leave(event.node);
        return;
      case 'in_doubt':
        node.info = ['in doubt', textOf(detail['why'])].filter(Boolean).join(': ');
        return;
      case 'step_restarted':
        if (node.running === 0) node.running = 1;
        node.phase = 'running';
        node.since = at;
        node.info = `called again, ${textOf(detail['calls'])} calls`;
        return;
      case 'child_started': {
        const run = textOf(detail['run']);
        node.info = `run ${run}`;
        if (!node.children.includes(run)) node.children.push(run);
        return;
      }
      case 'map_began': {
        const total = numberOf(detail, 'items') ?? 0;
        node.items = { total, finished: 0, failed: 0 };
        for (const edge of this.#out.get(event.node) ?? []) if (edge.each) this.#take(edge, total);
        return;
      }
      case 'item_finished':
      case 'item_failed':
        node.items ??= { total: 0, finished: 0, failed: 0 };
        node.items[event.kind === 'item_failed' ? 'failed' : 'finished'] += 1;
        return;
      case 'signal_awaited':
        return this.#rest(node, event, at, `signal ${textOf(detail['signal'])}`);
      case 'retry_scheduled':
        this.#rest(node, event, at, `attempt ${event.attempt + 1}`);
        node.until = at + (numberOf(detail, 'wait_ms') ?? 0);
        node.error = failureOf(detail);
        return;
      case 'wait_began': {
        this.#rest(node, event, at, 'a time');
        const until = Date.parse(textOf(detail['until']));
        node.until = Number.isNaN(until) ? at + (numberOf(detail, 'ms') ?? 0) : until;
        return;
      }
      case 'interrupted':
        return this.#rest(node, event, at, detail['for_pause'] === true ? 'a resume' : 'an answer');
      case 'task_queued':
        return this.#rest(
          node,
          event,
          at,
          `a worker for ${textOf(detail['code_ref'])} in queue ${textOf(detail['queue'])}`,
        );
      case 'lease_lost':
        this.#rest(node, event, at, 'a worker');
        node.error = `worker ${textOf(detail['worker'])} ${detail['given_back'] === true ? 'gave the task back' : 'was lost'}`;
        return;
      case 'task_leased':
        this.#proceed(node);
        node.running += 1;
        node.phase = 'running';
        node.since = at;
        node.info = `by worker ${textOf(detail['worker'])}`;
        return;
      case 'timer_fired':
        node.info = node.waiting > 0 ? 'timer fired' : 'timed out';
        this.#proceed(node);
        return this.#settle(node, node.phase);
      case 'signal_claimed':
        node.visits = Math.max(node.visits, event.visit);
        node.info = `received ${textOf(detail['signal'])}`;
        if (node.since !== undefined && node.waiting > 0) node.tookUs = (at - node.since) * 1000;
        this.#proceed(node);
        this.#settle(node, 'done');
        return this.#leave(event.node);
      case 'answered':
        node.info = 'answered';
        this.#proceed(node);
        return this.#settle(node, node.phase);
      case 'edge_taken': {
        const to = textOf(detail['to']);
        const why = textOf(detail['why']);
        this.#proceed(node);
        if (why === 'timeout' || node.phase === 'waiting') this.#settle(node, 'done');
        const edge = this.#edge(event.node, to, why);
        if (edge) this.#take(edge, 1);
        return this.#enter(to);
      }
      case 'forked':
        node.info = `${textOf(detail['branches'])} branches`;
        if (this.#types.get(event.node) !== 'parallel') return;
        node.phase = 'done';
        node.visits = Math.max(node.visits, event.visit);
        return this.#leave(event.node);
      case 'branch_arrived':
        node.waiting += 1;
        // Branches that are joined are one visit.
        if (node.waiting === 1) node.visits += 1;
        node.phase = 'waiting';
        if (node.waiting === 1) node.since = at;
        node.wait = `other branches; ${node.waiting} here`;
        return;
      case 'branches_joined':
        node.info = `${textOf(detail['branches'])} branches joined`;
        node.waiting = 0;
        node.wait = '';
        if (node.since !== undefined) node.tookUs = (at - node.since) * 1000;
        node.phase = 'done';
        return this.#leave(event.node);
      case 'branch_dropped':
        node.running = Math.max(0, node.running - 1);
        this.#proceed(node);
        return this.#settle(node, 'stopped');
      case 'compensation_started':
        this.#halt(node, 'compensating');
        node.attempt = event.attempt;
        node.since = at;
        return;
      case 'compensation_finished':
        this.#halt(node, 'compensated');
        return;
      case 'compensation_failed':
        this.#halt(node, 'failed');
        node.error = failureOf(detail);
        return;
      case 'compensation_skipped':
        this.#halt(node, 'stopped');
        node.info = 'compensation skipped';
        return;
    }
  }

  #applyToRun(event: RunEvent, at: number): void {
    switch (event.kind) {
      case 'run_created':
        if (!this.#entered) this.#enter(this.#entry);
        this.#entered = true;
        return;
      case 'run_completed':
        return this.#endAll('done', at, 'completed');
      case 'run_failed':
      case 'run_cancelled':
        return this.#endAll('stopped', at, 'stopped');
      case 'compensating':
        for (const node of this.nodes.values()) {
          if (node.phase === 'waiting') node.phase = 'stopped';
          node.waiting = 0;
        }
        return;
    }
  }

  #enter(id: string): void {
    if (!silent.has(this.#types.get(id) ?? '')) return;
    const node = this.nodes.get(id);
    if (!node) return;
    const again = node.phase === 'done';
    node.phase = 'done';
    node.visits += 1;
    if (!again || this.#types.get(id) === 'end') this.#leave(id);
  }

  /** Takes the plain edges. Conditional edges have events of their own. */
  #leave(id: string): void {
    const out = this.#out.get(id) ?? [];
    if (out.some((edge) => (edge.when !== undefined && edge.onError === undefined) || edge.on)) return;
    for (const edge of out) {
      if (edge.onError !== undefined || edge.onTimeout || edge.each || edge.body) continue;
      this.#take(edge, 1);
      this.#enter(edge.target);
    }
  }

  #take(edge: FlowEdge, times: number): void {
    this.edges.set(edge.index, (this.edges.get(edge.index) ?? 0) + times);
  }

  #edge(from: string, to: string, why: string): FlowEdge | undefined {
    const between = (this.#out.get(from) ?? []).filter((edge) => edge.target === to);
    const fits = (edge: FlowEdge): boolean => {
      if (why === 'timeout') return edge.onTimeout;
      if (why === 'event') return edge.on !== '';
      if (why === 'error') return edge.onError !== undefined;
      if (why === 'default')
        return (
          edge.when === undefined &&
          edge.onError === undefined &&
          !edge.onTimeout &&
          !edge.each &&
          !edge.body &&
          !edge.on
        );
      return edge.when !== undefined && edge.onError === undefined;
    };
    return between.find(fits) ?? between[0];
  }

  #rest(node: NodeProgress, event: RunEvent, at: number, wait: string): void {
    node.running = Math.max(0, node.running - 1);
    node.waiting += 1;
    node.visits = Math.max(node.visits, event.visit);
    node.attempt = Math.max(node.attempt, event.attempt);
    node.since = at;
    node.until = undefined;
    node.fraction = undefined;
    node.wait = wait;
    node.info = '';
    node.phase = node.running > 0 ? 'running' : 'waiting';
  }

  #proceed(node: NodeProgress): void {
    node.waiting = Math.max(0, node.waiting - 1);
    if (node.waiting > 0) return;
    node.until = undefined;
    node.wait = '';
  }

  #settle(node: NodeProgress, otherwise: Phase): void {
    node.phase = node.running > 0 ? 'running' : node.waiting > 0 ? 'waiting' : otherwise;
  }

  #halt(node: NodeProgress, phase: Phase): void {
    node.running = 0;
    node.waiting = 0;
    node.until = undefined;
    node.wait = '';
    node.phase = phase;
  }

  #endAll(phase: Phase, at: number, status: AttemptStatus): void {
    for (const node of this.nodes.values()) {
      if (node.phase === 'running' || node.phase === 'waiting' || node.phase === 'compensating')
        node.phase = phase;
      node.running = 0;
      node.waiting = 0;
      node.until = undefined;
      node.wait = '';
      node.fraction = undefined;
    }
    this.#attempts.endAll(at, status);
  }
}

/** When the wait of each waiting node ends at the latest, of those that end by time. */
export function deadlines(run: Pick<Run, 'waiting_on'>): Map<string, number> {
  const found = new Map<string, number>();
  for (const { node, until } of run.waiting_on)
    if (until) found.set(node, Math.min(found.get(node) ?? Number.POSITIVE_INFINITY, Date.parse(until)));
  return found;
}

/** The progress after all of these events. */
export function progressOf(definition: Definition, events: Iterable<RunEvent>): Progress {
  const progress = new Progress(definition);
  for (const event of events) progress.apply(event);
  return progress;
}
