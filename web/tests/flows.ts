// Flows and runs that show everything the console can show.
import type { PawlServer } from './harness';

export const order = {
  name: 'shop/order',
  description: 'Charges an order, asks for approval of large ones, and ships it.',
  attributes: { customer: { var: 'customer' }, amount: { rule: { var: 'amount' }, type: 'number' } },
  input_schema: {
    type: 'object',
    required: ['amount', 'customer'],
    properties: {
      amount: { type: 'number', minimum: 0, title: 'Amount', description: 'In euros.' },
      customer: { type: 'string', minLength: 1, title: 'Customer' },
      express: { type: 'boolean', default: false, title: 'Express delivery' },
      method: { enum: ['card', 'invoice'], default: 'card', title: 'Payment' },
      items: { type: 'array', items: { type: 'string' }, title: 'Items' },
    },
  },
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'reserve',
      type: 'task',
      data: {
        code_ref: 'core.echo',
        args: { shelf: 7 },
        into: 'reserved',
        compensate: { code_ref: 'core.log', args: { message: 'shelf released' } },
      },
    },
    { id: 'large', type: 'condition', data: { expr: { '>': [{ var: 'amount' }, 1000] } } },
    {
      id: 'ask',
      type: 'interrupt',
      data: {
        question: { cat: ['Approve ', { var: 'amount' }, ' EUR for ', { var: 'customer' }, '?'] },
        into: 'approval',
        timeout: '2d',
        schema: {
          type: 'object',
          required: ['approved'],
          properties: {
            approved: { type: 'boolean', title: 'Approve this order' },
            comment: { type: 'string', maxLength: 200, title: 'Comment' },
          },
        },
      },
    },
    {
      id: 'charge',
      type: 'task',
      data: {
        code_ref: 'core.sleep',
        args: { ms: 400 },
        retry: { max_attempts: 3, initial_interval: '1s' },
        into: 'charged',
      },
    },
    { id: 'parcel', type: 'signal', data: { name: 'parcel_scanned', into: 'parcel', timeout: '7d' } },
    { id: 'ship', type: 'task', data: { code_ref: 'core.log', args: { message: 'shipped' } } },
    {
      id: 'lost',
      type: 'fail',
      data: { error: 'parcel_lost', message: 'the parcel was not scanned in time' },
    },
    { id: 'done', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'reserve' },
    { source: 'reserve', target: 'large' },
    { source: 'large', target: 'ask', data: { when: true } },
    { source: 'large', target: 'charge', data: { when: false } },
    { source: 'ask', target: 'charge' },
    { source: 'charge', target: 'parcel' },
    { source: 'parcel', target: 'ship' },
    { source: 'parcel', target: 'lost', data: { on_timeout: true } },
    { source: 'ship', target: 'done' },
  ],
};

export const declined = {
  name: 'shop/refund',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'call',
      type: 'task',
      data: {
        code_ref: 'core.fail',
        args: { type: 'card_declined', message: 'The card allows 1000 at most.' },
        retry: { max_attempts: 3, initial_interval: '1s' },
      },
    },
    { id: 'done', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'call' },
    { source: 'call', target: 'done' },
  ],
};

export const shipAll = {
  name: 'ship all',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'every_order',
      type: 'map',
      data: { items: { var: 'orders' }, as: 'order', into: 'shipped', max_concurrency: 3 },
    },
    { id: 'ship', type: 'task', data: { code_ref: 'core.sleep', args: { ms: 150 } } },
    { id: 'bill', type: 'subflow', data: { flow: 'bill', input: { n: { var: 'orders.0' } }, into: 'bill' } },
    { id: 'wait_a_bit', type: 'wait', data: { duration: '1h' } },
    { id: 'done', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'every_order' },
    { source: 'every_order', target: 'ship', data: { each: true } },
    { source: 'every_order', target: 'bill' },
    { source: 'bill', target: 'wait_a_bit' },
    { source: 'wait_a_bit', target: 'done' },
  ],
};

export const bill = {
  name: 'bill',
  nodes: [{ id: 'total', type: 'set', data: { values: { total: { '*': [{ var: 'n' }, 3] } } } }],
};

export const resize = {
  name: 'resize',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'resize',
      type: 'task',
      data: { code_ref: 'images.resize', queue: 'gpu', args: { width: 800 }, timeout: '5m' },
    },
  ],
  edges: [{ source: 'start', target: 'resize' }],
};

export const journey = {
  name: 'journey',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'flight',
      type: 'task',
      data: {
        code_ref: 'core.echo',
        args: { flight: 'PA 7' },
        compensate: { code_ref: 'core.log', with: { message: { var: 'flight' } } },
      },
    },
    {
      id: 'hotel',
      type: 'task',
      data: {
        code_ref: 'core.echo',
        args: { hotel: 'Ritz' },
        compensate: {
          code_ref: 'core.fail',
          args: { message: 'the hotel does not answer' },
          retry: { max_attempts: 50, initial_interval: '1s', backoff: 1 },
        },
      },
    },
    { id: 'no_car', type: 'fail', data: { error: 'no_car', message: 'no car is left' } },
  ],
  edges: [
    { source: 'start', target: 'flight' },
    { source: 'flight', target: 'hotel' },
    { source: 'hotel', target: 'no_car' },
  ],
};

export const review = {
  name: 'review',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'draft', type: 'set', data: { values: { round: { '+': [{ var: ['round', 0] }, 1] } } } },
    { id: 'text', type: 'task', data: { code_ref: 'core.sleep', args: { ms: 60 } } },
    { id: 'pictures', type: 'task', data: { code_ref: 'core.sleep', args: { ms: 120 }, into: 'p' } },
    { id: 'both', type: 'join' },
    { id: 'again', type: 'condition', data: { expr: { '<': [{ var: 'round' }, 3] } } },
    { id: 'print', type: 'task', data: { code_ref: 'core.log', args: { message: 'printed' } } },
  ],
  edges: [
    { source: 'start', target: 'draft' },
    { source: 'draft', target: 'text' },
    { source: 'draft', target: 'pictures' },
    { source: 'text', target: 'both' },
    { source: 'pictures', target: 'both' },
    { source: 'both', target: 'again' },
    { source: 'again', target: 'draft', data: { when: true } },
    { source: 'again', target: 'print', data: { when: false } },
  ],
};

const hostileText = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
export const hostileNode = '<b onmouseover=window.hacked=1>"\'& \u202Eevil';

const hostile = {
  name: 'hostile (flow)',
  description: hostileText,
  nodes: [
    {
      id: hostileNode,
      type: 'task',
      data: {
        code_ref: 'core.fail',
        args: {
          type: '<svg onload=window.hacked=1>',
          message: `${hostileText} \u001b[31mred\u001b[0m \u202Egnp.exe`,
        },
        label: hostileText,
      },
    },
  ],
  edges: [],
};

export async function storeFlows(server: PawlServer): Promise<void> {
  for (const flow of [bill, order, declined, shipAll, resize, journey, review]) {
    const answer = await server.post('/v1/flows', flow);
    if (!answer.created) throw new Error(`flow ${flow.name}: ${JSON.stringify(answer)}`);
  }
  await server.post('/v1/flows', {
    ...order,
    description: 'Charges an order and ships it.',
    nodes: order.nodes.map((node) =>
      node.id === 'parcel' ? { ...node, data: { ...node.data, timeout: '14d' } } : node,
    ),
  });
}

export async function start(
  server: PawlServer,
  flow: string,
  id: string,
  input: unknown = {},
): Promise<void> {
  const answer = await server.post('/v1/runs', { flow, id, input });
  if (!answer.created) throw new Error(`run ${id}: ${JSON.stringify(answer)}`);
}

/** One run in each state that a run can be in. */
export async function startRuns(server: PawlServer): Promise<void> {
  await start(server, 'shop/order', 'order-17', {
    amount: 42,
    customer: 'ada',
    express: false,
    method: 'card',
  });
  await start(server, 'shop/order', 'order-18', {
    amount: 4200,
    customer: 'bob',
    express: true,
    method: 'invoice',
  });
  await start(server, 'shop/refund', 'refund-1');
  await start(server, 'shop/refund', 'refund-2');
  await start(server, 'ship all', 'ship-1', { orders: [11, 12, 13, 14, 15, 16, 17] });
  await start(server, 'resize', 'resize-1');
  await start(server, 'journey', 'journey-1');
  await start(server, 'review', 'review-1');
  await start(server, 'shop/order', 'order-16', { amount: 20, customer: 'cy' });
  await server.until('/v1/runs/order-16', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await server.post('/v1/runs/order-16/signal', { type: 'parcel_scanned', payload: { at: 'Hamburg' } });
  await start(server, 'shop/order', 'order-15', { amount: 21, customer: 'dee' });
  await server.until('/v1/runs/order-15', (run) => run.waiting_on?.[0]?.kind === 'signal');
  await server.post('/v1/runs/order-15/cancel', { reason: 'ordered twice' });
  await startJobs(server);
  await server.until('/v1/runs/refund-1', (run) => run.status === 'failed');
  await server.until('/v1/runs/ship-1', (run) => run.waiting_on?.[0]?.kind === 'timer');
  await server.until('/v1/runs/review-1', (run) => run.status === 'completed');
}

/** A job that deletes all but one of its runs, which is kept, and a dry run. */
async function startJobs(server: PawlServer): Promise<void> {
  for (let i = 1; i <= 12; ++i) await start(server, 'bill', `old-${i}`, { n: i });
  await server.until('/v1/stats/runs?filter=id%5E%3Dold-%20status%3Dcompleted', (all) => all.count === 12);
  await fetch(`${server.url}/v1/runs/old-5/keep`, { method: 'PUT' });
  const jobs = [
    { id: 'delete-old', command: 'delete', filter: 'status=completed id^=old-' },
    { id: 'pause-all', command: 'pause', filter: 'status=running', dry_run: true },
  ];
  for (const job of jobs) {
    await server.post('/v1/jobs', job);
    await server.until(`/v1/jobs/${job.id}`, ({ state }) => state === 'finished');
  }
}

/** A flow and a run with names and data that try to be markup, or to change the direction of text. */
export async function startHostile(server: PawlServer): Promise<void> {
  await server.post('/v1/flows', hostile);
  await start(server, 'hostile (flow)', 'hostile-1', {
    [hostileText]: hostileText,
    deep: { '\u202Ekey': ['\u001b[31mred', 9007199254740993n.toString()] },
  });
  await server.until('/v1/runs/hostile-1', (run) => run.status === 'failed');
}
