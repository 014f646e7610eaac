import { expect, test, vi } from 'vitest';
import { Client, type EventDigest } from '../client';
import { Feed, type Surroundings } from './feed';

/** Locks, channels and visibility of several tabs in one process. */
class Tabs {
  readonly queues = new Map<string, (() => void)[]>();
  readonly channels = new Map<string, Set<FakeChannel>>();
  streams = 0;
  open: ReadableStreamDefaultController<Uint8Array>[] = [];
  headers: Record<string, string>[] = [];
  failing = false;

  client(): Client {
    return new Client({ base: 'http://host/', scope: 'default' }, async (_, init) => {
      if (this.failing) throw new TypeError('refused');
      this.headers.push(init!.headers as Record<string, string>);
      this.streams += 1;
      let control: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({
        start: (c) => {
          control = c;
          this.open.push(c);
        },
      });
      init!.signal?.addEventListener('abort', () => {
        try {
          control.error(new Error('aborted'));
        } catch {
          /* Closed. */
        }
        this.open = this.open.filter((each) => each !== control);
      });
      return new Response(body);
    });
  }

  send(id: string, run: string): void {
    const digest: EventDigest = {
      events: 1,
      kinds: {},
      runs: [{ id: run, events: 1 }],
      more_runs: false,
      jobs: [],
      flow_files: false,
    };
    for (const each of this.open)
      each.enqueue(new TextEncoder().encode(`id: ${id}\nevent: digest\ndata: ${JSON.stringify(digest)}\n\n`));
  }

  environment(): Surroundings & { hide(hidden: boolean): void } {
    let hidden = false;
    const listeners = new Set<() => void>();
    const held = new Set<string>();
    const locks = {
      request: async (name: string, { signal }: { signal: AbortSignal }, run: () => Promise<void>) => {
        const queue = this.queues.get(name) ?? [];
        this.queues.set(name, queue);
        if (queue.length > 0 || held.has(name)) {
          await new Promise<void>((resolve, reject) => {
            queue.push(resolve);
            signal.addEventListener('abort', () => {
              const at = queue.indexOf(resolve);
              if (at >= 0) queue.splice(at, 1);
              reject(new DOMException('aborted', 'AbortError'));
            });
          });
        } else queue.push(() => undefined);
        try {
          await run();
        } finally {
          queue.shift();
          const next = queue[0];
          if (next) next();
        }
      },
    } as unknown as LockManager;
    return {
      locks,
      channel: (name) => new FakeChannel(this, name) as unknown as BroadcastChannel,
      hidden: () => hidden,
      onVisibility: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      delay: () => new Promise((resolve) => setTimeout(resolve, 5)),
      hide: (value) => {
        hidden = value;
        for (const each of listeners) each();
      },
    };
  }
}

class FakeChannel {
  onmessage: ((message: { data: unknown }) => void) | null = null;
  constructor(
    readonly tabs: Tabs,
    readonly name: string,
  ) {
    const all = tabs.channels.get(name) ?? new Set();
    tabs.channels.set(name, all.add(this));
  }
  postMessage(data: unknown): void {
    for (const each of this.tabs.channels.get(this.name)!)
      if (each !== this) queueMicrotask(() => each.onmessage?.({ data }));
  }
  close(): void {
    this.tabs.channels.get(this.name)!.delete(this);
  }
}

function tab(tabs: Tabs) {
  const environment = tabs.environment();
  const feed = new Feed(tabs.client(), environment);
  const seen: string[] = [];
  feed.listen({
    digest: ({ runs }) => seen.push(...runs.map((run) => run.id)),
    state: (state) => seen.push(state),
    gap: () => seen.push('gap'),
  });
  feed.start();
  return { feed, environment, seen };
}

test('ten tabs have one stream, and all see the digests', async () => {
  const tabs = new Tabs();
  const all = Array.from({ length: 10 }, () => tab(tabs));
  await vi.waitFor(() => expect(all.every(({ feed }) => feed.state === 'live')).toBe(true));
  expect(tabs.streams).toBe(1);
  tabs.send('1.0.0', 'r1');
  await vi.waitFor(() => expect(all.every(({ seen }) => seen.includes('r1'))).toBe(true));
  for (const { feed } of all) feed.close();
});

test('what happened before the stream began is read again, once', async () => {
  const tabs = new Tabs();
  const first = tab(tabs);
  await vi.waitFor(() => expect(first.seen).toEqual(['live', 'gap']));
  tabs.open[0]!.enqueue(new TextEncoder().encode('id: 5.0.0\n\n'));
  const second = tab(tabs);
  await vi.waitFor(() => expect(second.feed.state).toBe('live'));
  tabs.send('7.0.1', 'r1');
  await vi.waitFor(() => expect(second.seen).toContain('r1'));
  first.environment.hide(true);
  await vi.waitFor(() => expect(second.feed.leading).toBe(true));
  await vi.waitFor(() => expect(tabs.streams).toBe(2));
  await vi.waitFor(() => expect(second.feed.state).toBe('live'));
  // It goes on after the last digest, so it has missed nothing.
  expect(second.seen).not.toContain('gap');
  for (const { feed } of [first, second]) feed.close();
});

test('a tab that takes over before the first digest goes on from the first position', async () => {
  const tabs = new Tabs();
  const [first, second] = [tab(tabs), tab(tabs)];
  await vi.waitFor(() => expect(first.feed.state).toBe('live'));
  tabs.open[0]!.enqueue(new TextEncoder().encode('id: 5.0.0\n\n'));
  await vi.waitFor(() => expect(second.feed.state).toBe('live'));
  await new Promise((resolve) => setTimeout(resolve, 0));
  first.environment.hide(true);
  await vi.waitFor(() => expect(tabs.streams).toBe(2));
  expect(tabs.headers[1]!['Last-Event-ID']).toBe('5.0.0');
  for (const { feed } of [first, second]) feed.close();
});

test('a hidden tab gives the stream to a visible one, which goes on after the last digest', async () => {
  const tabs = new Tabs();
  const first = tab(tabs);
  await vi.waitFor(() => expect(first.feed.state).toBe('live'));
  const second = tab(tabs);
  await vi.waitFor(() => expect(second.feed.state).toBe('live'));
  tabs.send('7.0.1', 'r1');
  await vi.waitFor(() => expect(second.seen).toContain('r1'));
  first.environment.hide(true);
  await vi.waitFor(() => expect(second.feed.leading).toBe(true));
  await vi.waitFor(() => expect(tabs.streams).toBe(2));
  expect(tabs.open).toHaveLength(1);
  expect(tabs.headers[1]!['Last-Event-ID']).toBe('7.0.1');
  tabs.send('8.0.0', 'r2');
  await vi.waitFor(() => expect(second.seen).toContain('r2'));
  expect(first.seen).not.toContain('r2');
  second.environment.hide(true);
  await vi.waitFor(() => expect(tabs.open).toHaveLength(0));
  for (const { feed } of [first, second]) feed.close();
});

test('a lost connection is said, and comes back by itself', async () => {
  const tabs = new Tabs();
  const { feed, seen } = tab(tabs);
  await vi.waitFor(() => expect(feed.state).toBe('live'));
  tabs.send('3.0.0', 'r1');
  await vi.waitFor(() => expect(seen).toContain('r1'));
  tabs.failing = true;
  for (const each of tabs.open.splice(0)) each.close();
  await vi.waitFor(() => expect(feed.state).toBe('lost'));
  tabs.failing = false;
  await vi.waitFor(() => expect(feed.state).toBe('live'));
  expect(tabs.headers.at(-1)!['Last-Event-ID']).toBe('3.0.0');
  expect(seen.at(-1)).toBe('gap');
  feed.close();
});

test('a stream that dropped the reader makes views read again', async () => {
  const tabs = new Tabs();
  const { feed, seen } = tab(tabs);
  await vi.waitFor(() => expect(feed.state).toBe('live'));
  tabs.open[0]!.enqueue(new TextEncoder().encode('event: dropped\ndata: {"reason":"slow"}\n\n'));
  await vi.waitFor(() => expect(seen).toContain('gap'));
  feed.close();
});
