import { expect, test } from 'vitest';
import type { Run, RunEvent, WaitReason, Workers } from '../client';
import { legalCommands } from './commands';
import { edgeText, readDefinition, ruleText, signalNames } from './definition';
import { diffLines, shortDiff } from './diff';
import { eventText, groupOf } from './events';
import { foldedAxis } from './fold';
import { quantiles } from './metrics';
import { spanOf } from './pointer';
import { deadlines, progressOf } from './progress';
import { absoluteText, durationText, leftText, relativeText } from './time';
import { adviceOf, cancelReason, isServed, moverText, reasonText, toneOf } from './why';

const t0 = Date.parse('2026-01-31T09:00:00.000Z');
let place = 0;
function event(kind: string, node = '', ms = 0, detail: object = {}, visit = 1, attempt = 1): RunEvent {
  return {
    id: `1.${place++}`,
    checkpoint: 1,
    at: new Date(t0 + ms).toISOString(),
    kind,
    node,
    visit,
    attempt,
    detail: detail as never,
  };
}

const flow = readDefinition({
  name: 'f',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'a', type: 'task', data: { code_ref: 'core.echo' } },
    { id: 'c', type: 'condition' },
    { id: 's', type: 'signal', data: { name: 'go' } },
    { id: 'm', type: 'map' },
    { id: 'i', type: 'task' },
    { id: 'end', type: 'end' },
    { id: 'oops', type: 'fail' },
  ],
  edges: [
    { source: 'start', target: 'a' },
    { source: 'a', target: 'c' },
    { source: 'a', target: 'oops', data: { on_error: true } },
    { source: 'c', target: 's', data: { when: true } },
    { source: 'c', target: 'end', data: { when: false } },
    { source: 's', target: 'm' },
    { source: 's', target: 'oops', data: { on_timeout: true } },
    { source: 'm', target: 'i', data: { each: true } },
    { source: 'm', target: 'end' },
  ],
});

test('handlers and a deadline of a flow are a section around it', () => {
  const nodes = [
    { id: 'a', type: 'task' },
    { id: 'h', type: 'task' },
  ];
  const whole = readDefinition({
    nodes,
    edges: [],
    timeout: '1h',
    on_timeout: 'h',
    on_error: [{ on: 'x', to: 'h' }],
  });
  expect(whole.entry).toBe('/');
  expect(whole.nodes[2]).toEqual({ id: '/', type: 'section', data: { timeout: '1h' }, label: 'flow' });
  expect(whole.edges.map((edge) => [edge.source, edge.target, edgeText(edge)])).toEqual([
    ['/', 'a', 'body'],
    ['/', 'h', 'on error x'],
    ['/', 'h', 'on timeout'],
  ]);
  expect(readDefinition({ nodes, edges: [], on_error: null }).nodes).toHaveLength(2);
});

test('a definition with faults is drawn as far as it goes', () => {
  const broken = readDefinition({
    nodes: [{ id: 'a' }, { id: 'a' }, 7, { id: 9 }],
    edges: [{ source: 'a', target: 'nowhere' }, null, { source: 'a', target: 'a' }],
  });
  expect(broken.nodes.map((node) => node.id)).toEqual(['a']);
  expect(broken.edges.map((edge) => edge.index)).toEqual([2]);
  expect(readDefinition(null).nodes).toEqual([]);
  expect(readDefinition('text').entry).toBe('');
});

test('rules are written as people write them', () => {
  expect(ruleText({ '>': [{ var: 'amount' }, 1000] })).toBe('amount > 1000');
  expect(ruleText({ and: [{ '==': [{ var: 'a' }, 1] }, { '!': { var: 'b' } }] })).toBe('(a == 1) and (!b)');
  expect(flow.edges.map(edgeText)).toEqual([
    '',
    '',
    'on error',
    'yes',
    'no',
    '',
    'on timeout',
    'each item',
    '',
  ]);
  expect(signalNames(flow)).toEqual(['go']);
});

test('nodes, edges and attempts follow the events', () => {
  const events = [
    event('run_created'),
    event('step_started', 'a', 0),
    event('retry_scheduled', 'a', 10, { type: 'x', message: 'y', us: 9000, wait_ms: 1000 }),
    event('timer_fired', 'a', 1010),
    event('step_started', 'a', 1010, {}, 1, 2),
    event('step_finished', 'a', 1060, { us: 50000 }, 1, 2),
    event('condition_evaluated', 'c', 1060, { result: true }),
    event('edge_taken', 'c', 1060, { to: 's', why: 'condition' }),
    event('signal_awaited', 's', 1060, { signal: 'go' }),
  ];
  const waiting = progressOf(flow, events);
  expect([...waiting.nodes].map(([id, node]) => `${id} ${node.phase}`)).toEqual([
    'start done',
    'a done',
    'c done',
    's waiting',
    'm not_reached',
    'i not_reached',
    'end not_reached',
    'oops not_reached',
  ]);
  expect(Object.fromEntries(waiting.edges)).toEqual({ 0: 1, 1: 1, 3: 1 });
  expect(waiting.nodes.get('s')!.wait).toBe('signal go');
  expect(
    waiting.attempts.map(({ node, attempt, status, segments }) => [
      node,
      attempt,
      status,
      segments.map((s) => s.kind),
    ]),
  ).toEqual([
    ['a', 1, 'failed', ['work', 'backoff']],
    ['a', 2, 'completed', ['work']],
    ['s', 1, 'waiting', ['wait']],
  ]);
  const done = progressOf(flow, [
    ...events,
    event('signal_claimed', 's', 5000, { signal: 'go' }),
    event('step_started', 'm', 5000),
    event('map_began', 'm', 5000, { items: 2 }),
    event('step_started', 'i', 5000),
    event('step_started', 'i', 5000, {}, 2),
    event('step_finished', 'i', 5001, { us: 1 }),
    event('item_finished', 'm', 5001, { item: 0 }),
    event('step_failed', 'i', 5002, { us: 1, type: 't', message: 'm' }, 2),
    event('item_failed', 'm', 5002, { item: 1 }),
    event('step_finished', 'm', 5002),
    event('run_completed', '', 5002),
  ]);
  expect(done.nodes.get('m')).toMatchObject({ phase: 'done', items: { total: 2, finished: 1, failed: 1 } });
  expect(done.nodes.get('i')).toMatchObject({ phase: 'failed', visits: 2, error: 't: m' });
  expect(Object.fromEntries(done.edges)).toMatchObject({ 5: 1, 7: 2, 8: 1 });
  expect(done.nodes.get('end')!.phase).toBe('done');
  expect(done.attempts.every((each) => each.segments.every((segment) => segment.to !== undefined))).toBe(
    true,
  );
});

test('joined branches end their waits', () => {
  const joined = readDefinition({ nodes: [{ id: 'j', type: 'join' }], edges: [] });
  const progress = progressOf(joined, [
    event('branch_arrived', 'j', 0),
    event('branch_arrived', 'j', 10, {}, 2),
    event('branches_joined', 'j', 10, { branches: 2 }, 1),
  ]);
  expect(progress.attempts.map((each) => [each.status, each.segments[0]!.to! - t0])).toEqual([
    ['completed', 10],
    ['completed', 10],
  ]);
  expect(progress.nodes.get('j')!.visits).toBe(1);
  progress.apply(event('branch_arrived', 'j', 20, {}, 3));
  expect(progress.nodes.get('j')!.visits).toBe(2);
});

test('a node that waits ends at its first deadline', () => {
  const wait = (node: string, until?: string) => ({
    node,
    kind: 'timer' as const,
    name: '',
    ...(until && { until }),
  });
  const at = (minute: number) => new Date(t0 + minute * 60_000).toISOString();
  const waits = [wait('a', at(9)), wait('b'), wait('a', at(4))];
  expect([...deadlines({ waiting_on: waits })]).toEqual([['a', t0 + 240_000]]);
  expect([-1, 0, 1, 59_999, 60_000, 3_599_999, 90_061_000].map((ms) => leftText(t0 + ms, t0))).toEqual([
    '',
    '',
    '<1min left',
    '<1min left',
    '1min left',
    '59min left',
    '1d 1h left',
  ]);
});

test('unknown kinds and nodes are ignored', () => {
  expect(() =>
    progressOf(flow, [event('later_kind', 'a'), event('step_started', 'nowhere'), event('later_kind')]),
  ).not.toThrow();
});

test('40,000 events cost about ten times what 4,000 do', () => {
  /** CPU time in ms, since the machine may be busy; the best of three, of `times` in a row each. */
  const cost = (visits: number, times: number): number => {
    const many: RunEvent[] = [];
    for (let i = 1; i <= visits; ++i)
      many.push(event('step_started', 'a', i, {}, i), event('step_finished', 'a', i, { us: 5 }, i));
    const runs = [1, 2, 3].map(() => {
      const before = process.cpuUsage().user;
      for (let n = 0; n < times; ++n) {
        const progress = progressOf(flow, many);
        expect(progress.attempts.length).toBe(visits);
        foldedAxis(progress.attempts, t0, t0 + visits);
      }
      return (process.cpuUsage().user - before) / 1000 / times;
    });
    return Math.min(...runs);
  };
  // As many events in a row on both sides, so that both have the collection of garbage.
  cost(2_000, 1);
  const few = cost(2_000, 10);
  const many = cost(20_000, 1);
  console.log(`${few.toFixed(1)} ms of CPU for 4,000 events, ${many.toFixed(1)} ms for 40,000`);
  expect(many).toBeLessThan(25 * few + 20);
}, 60_000);

test('a long wait is folded, work keeps its scale', () => {
  const day = 86_400_000;
  const progress = progressOf(flow, [
    event('step_started', 'a', 0),
    event('step_finished', 'a', 1000, { us: 1e6 }),
    event('signal_awaited', 's', 1000),
    event('signal_claimed', 's', day),
    event('step_started', 'i', day),
    event('step_finished', 'i', day + 1000, { us: 1e6 }),
  ]);
  const axis = foldedAxis(progress.attempts, t0, t0 + day + 1000);
  expect(axis.folds).toHaveLength(1);
  expect(axis.x(t0 + 1000)).toBeGreaterThan(0.35);
  expect(axis.x(t0 + day) - axis.x(t0 + 1000)).toBeLessThan(0.25);
  expect(axis.x(t0 + day + 1000)).toBe(1);
  // Calls of a millisecond stay short between long waits.
  const brief = progressOf(flow, [
    event('step_started', 'a', 0),
    event('step_finished', 'a', 1, { us: 1000 }),
    event('signal_awaited', 's', 1),
    event('signal_claimed', 's', day),
  ]);
  expect(foldedAxis(brief.attempts, t0, t0 + day).x(t0 + 1)).toBeLessThan(0.01);
  const even = foldedAxis(progress.attempts, t0, t0 + day + 1000, false);
  expect(even.folds).toHaveLength(0);
  expect(even.x(t0 + 1000)).toBeLessThan(0.001);
  for (let at = 0, last = -1; at <= day + 1000; at += 997_001) {
    const x = axis.x(t0 + at);
    expect(x).toBeGreaterThanOrEqual(last);
    last = x;
  }
});

const run = (change: Partial<Run>): Run => ({
  id: 'r',
  flow: 'f',
  version: '1.0.0',
  status: 'running',
  created_at: '',
  started_at: null,
  finished_at: null,
  error: null,
  restarted_from: null,
  parent: null,
  pausing: false,
  undoing: false,
  parked: false,
  waiting_on: [],
  inbox: [],
  checkpoint: 1,
  updated_at: '',
  at: ['a'],
  data: {} as never,
  metadata: {} as never,
  ...change,
});

test('commands are those that the server allows', () => {
  expect(legalCommands(run({}))).toEqual(['pause', 'signal', 'cancel', 'terminate']);
  expect(legalCommands(run({ status: 'failed' }))).toEqual(['retry', 'set-data', 'restart']);
  expect(legalCommands(run({ status: 'failed', at: [] }))).not.toContain('retry');
  expect(legalCommands(run({ status: 'completed' }))).toEqual(['restart']);
  expect(legalCommands(run({ undoing: true }))).toEqual(['pause', 'signal', 'skip', 'terminate']);
  const asks = run({
    status: 'paused',
    waiting_on: [{ node: 'a', kind: 'answer', name: 'a#1.1', question: '?' as never }],
  });
  expect(legalCommands(asks)).toContain('answer');
  expect(legalCommands(asks)).not.toContain('resume');
});

const workers: Workers = {
  workers: [{ worker: 'w', queue: 'q', functions: ['f.x'], leases: 0, last_seen: '' }],
  queues: [{ queue: 'q', code_ref: 'f.y', queued: 1, leased: 0, oldest_at: null }],
};

test('an explanation has a tone, who moves the run, and what to do about a failure', () => {
  const reason = (change: Partial<WaitReason>): WaitReason => ({
    kind: 'signal',
    node: 's',
    visit: 1,
    attempt: 1,
    name: 'go',
    text: '',
    mover: 'signal',
    held: false,
    since: null,
    until: null,
    detail: {},
    commands: [],
    ...change,
  });
  expect(toneOf(reason({}))).toBe('wait');
  expect(toneOf(reason({ kind: 'worker', mover: 'worker', detail: { workers: 0 } as never }))).toBe('bad');
  expect(toneOf(reason({ kind: 'worker', mover: 'worker', detail: { workers: 1 } as never }))).toBe('busy');
  expect(moverText(reason({}))).toBe('Continues with a signal.');
  const commands = (...names: WaitReason['commands'][number]['command'][]) =>
    names.map((command) => ({ command, name: '' }));
  expect(moverText(reason({ mover: 'command', commands: commands('resume') }))).toBe(
    'Continues with: resume.',
  );
  const asks = {
    kind: 'answer' as const,
    name: 'a#1.1',
    text: 'Waits for an answer to the question "a#1.1".',
  };
  expect(reasonText(reason({ ...asks, detail: { question: 'Ship for $& 5?' } as never }))).toBe(
    'Waits for an answer: Ship for $& 5?',
  );
  expect(reasonText(reason({ ...asks, detail: { question: { amount: 5 } } as never }))).toBe(
    'Waits for an answer.',
  );
  expect(reasonText(reason({ text: 'Waits.' }))).toBe('Waits.');
  const error = { type: 't', message: 'm.', node: 'a', attempt: 1 };
  const failure = (text: string, ...names: WaitReason['commands'][number]['command'][]) =>
    adviceOf(reason({ kind: 'failure', mover: 'command', text, commands: commands(...names) }), error);
  expect(failure('The run has failed at "a": t: m.', 'retry')).toContain('retry the failed step');
  expect(failure('The run has failed at "a": t: m. It cannot be retried.', 'restart')).toBe(
    'It cannot be retried.',
  );
  expect(failure('A compensation has failed at "a": t: m.', 'retry', 'skip')).toContain('skip it');
  expect(
    cancelReason([
      event('run_paused', '', 0, { reason: 'x' }),
      event('run_cancelled', '', 0, { reason: 'lunch' }),
    ]),
  ).toBe('lunch');
  expect(isServed(workers, 'f.x', 'q')).toBe(true);
  expect(isServed(workers, 'f.x', 'other')).toBe(false);
});

test('events are told in words', () => {
  expect(
    eventText(event('retry_scheduled', 'a', 0, { us: 2000, type: 't', message: 'm', wait_ms: 1500 })),
  ).toBe('took 2ms; t: m; attempt 2 in 1.5s');
  expect(eventText(event('edge_taken', 'c', 0, { to: 's', why: 'when' }))).toBe('to s (when)');
  expect(eventText({ ...event('run_cancelled'), detail: null as never })).toBe('');
  expect(groupOf('lease_lost')).toBe('failures');
});

test('a JSON pointer is found in the text', () => {
  const text = '{"nodes": [\n  {"id": "a", "da~/ta": {"x": 1}},\n  {"id": "b"}\n]}';
  const at = (pointer: string) => {
    const span = spanOf(text, pointer);
    return span && text.slice(span.from, span.to);
  };
  expect(at('/nodes/0/id')).toBe('"id": "a"');
  expect(at('/nodes/1')).toBe('{"id": "b"}');
  expect(at('/nodes/0/da~0~1ta/x')).toBe('"x": 1');
  expect(at('/nodes/0/missing')).toBe('{"id": "a", "da~/ta": {"x": 1}}');
  expect(spanOf('{"a": ', '/a')).toBeUndefined();
  expect(spanOf('', '')).toBeUndefined();
});

test('differences are the changed lines and their surroundings', () => {
  const lines = diffLines('a\nb\nc\nd', 'a\nx\nc\nd\ne');
  expect(lines.map((line) => line.sign + line.text)).toEqual([' a', '-b', '+x', ' c', ' d', '+e']);
  expect(
    shortDiff(diffLines('1\n2\n3\n4\n5\n6\n7\n8\n9', '1\n2\n3\n4\n5\n6\n7\n8\nx'), 1).map(
      (line) => line.sign + line.text,
    ),
  ).toEqual([' …', ' 8', '-9', '+x']);
  expect(diffLines('same', 'same').every((line) => line.sign === ' ')).toBe(true);
});

test('durations and times', () => {
  expect([0.2, 12, 999, 1500, 59_999, 60_000, 3_600_000 * 25, 86_400_000 * 3].map(durationText)).toEqual([
    '<1ms',
    '12ms',
    '999ms',
    '1.5s',
    '59.9s',
    '1min',
    '1d 1h',
    '3d',
  ]);
  expect(relativeText(t0, t0 + 125_000)).toBe('2min ago');
  expect(relativeText(t0 + 3_600_000, t0)).toBe('in 1h');
  expect(relativeText(t0 + 172_790_000, t0)).toBe('in 1d 23h');
  expect(relativeText(t0 + 90_500, t0)).toBe('in 1min');
  expect(absoluteText(t0, 'utc')).toBe('2026-01-31 09:00:00.000 UTC');
  expect(absoluteText(NaN, 'utc')).toBe('');
});

test('quantiles of a histogram are its limits', () => {
  const text = 'x_bucket{le="0.001"} 5\nx_bucket{le="0.01"} 9\nx_bucket{le="+Inf"} 10\nx_count 10\n';
  expect(quantiles(text, 'x', [0.5, 0.9, 0.99])).toEqual([0.001, 0.01, Infinity]);
  expect(quantiles('', 'x', [0.5])).toBeUndefined();
});
