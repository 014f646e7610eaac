// What happens in all runs, from one stream for all tabs of the browser. A browser has six connections
// per origin with HTTP/1.1, so the visible tab that holds a lock reads the stream and passes on what it
// has to the others. Hidden tabs neither read nor hold the lock. The stream has digests, so that the
// traffic does not grow with the number of runs.
import { type Client, type EventDigest, readEvents } from '../client';

export type FeedState = 'connecting' | 'live' | 'lost' | 'hidden';

export interface FeedMessage {
  type: 'digest' | 'position' | 'state' | 'gap' | 'hello';
  id?: string;
  digest?: EventDigest;
  state?: FeedState;
}

export interface FeedListener {
  digest?(digest: EventDigest): void;
  state?(state: FeedState): void;
  /** Events may have been missed: read again what is shown. */
  gap?(): void;
}

/** What the feed needs of a browser; tests give their own. */
export interface Surroundings {
  locks: LockManager | undefined;
  channel(name: string): BroadcastChannel | undefined;
  hidden(): boolean;
  onVisibility(listener: () => void): () => void;
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

function browserSurroundings(): Surroundings {
  return {
    // Both exist only in secure contexts: without them each tab has its own stream.
    locks: typeof navigator === 'undefined' ? undefined : navigator.locks,
    channel: (name) => (typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)),
    hidden: () => document.visibilityState === 'hidden',
    onVisibility: (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
    delay: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      }),
  };
}

/** Tabs with another key or scope must not share events. Not a secret: 32 bits of a hash. */
function tagOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; ++i) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** Comments arrive every 15 seconds; without any for this long the connection is dead. */
const silenceMs = 40_000;
/** The server sends at most one digest in this time. */
const stream = 'v1/events?digest=500ms';
/** A tab hidden for longer does not catch up digest by digest: it reads its view again. */
const catchUpMs = 10_000;

export class Feed {
  readonly #client: Client;
  readonly #env: Surroundings;
  readonly #listeners = new Set<FeedListener>();
  readonly #name: string;
  #channel: BroadcastChannel | undefined;
  #lastId = '';
  #state: FeedState = 'connecting';
  #leading = false;
  #stop = new AbortController();
  #turn: AbortController | undefined;
  #hiddenSince: number | undefined;
  #unwatch: () => void = () => undefined;

  constructor(client: Client, env: Surroundings = browserSurroundings()) {
    this.#client = client;
    this.#env = env;
    const { base, scope, key } = client.connection;
    this.#name = `pawl-events ${base} ${scope} ${tagOf(key ?? '')}`;
  }

  get state(): FeedState {
    return this.#state;
  }
  get leading(): boolean {
    return this.#leading;
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#channel = this.#env.channel(this.#name);
    if (this.#channel) {
      this.#channel.onmessage = ({ data }: MessageEvent<FeedMessage>) => {
        if (data.type === 'hello') {
          if (this.#leading) this.#channel?.postMessage({ type: 'state', state: this.#state });
        } else if (!this.#leading) this.#receive(data);
      };
    }
    this.#unwatch = this.#env.onVisibility(() => this.#visibilityChanged());
    if (this.#env.hidden()) this.#hiddenSince = Date.now();
    else void this.#takeTurns();
  }

  close(): void {
    this.#stop.abort();
    this.#turn?.abort();
    this.#unwatch();
    this.#channel?.close();
  }

  /** Connects now rather than after the back-off. */
  reconnect(): void {
    if (this.#state !== 'lost' || this.#env.hidden()) return;
    this.#turn?.abort();
    void this.#takeTurns();
  }

  #visibilityChanged(): void {
    if (this.#env.hidden()) {
      this.#hiddenSince = Date.now();
      this.#turn?.abort();
      return this.#setState('hidden');
    }
    const away = this.#hiddenSince === undefined ? 0 : Date.now() - this.#hiddenSince;
    this.#hiddenSince = undefined;
    if (away > catchUpMs) {
      this.#lastId = '';
      this.#gap();
    }
    void this.#takeTurns();
  }

  async #takeTurns(): Promise<void> {
    const turn = new AbortController();
    this.#turn?.abort();
    this.#turn = turn;
    this.#setState('connecting');
    if (!this.#env.locks) return this.#lead(turn.signal);
    // If another tab leads, it answers with the state of the stream.
    this.#channel?.postMessage({ type: 'hello' } satisfies FeedMessage);
    try {
      await this.#env.locks.request(this.#name, { signal: turn.signal }, () => this.#lead(turn.signal));
    } catch (error) {
      if (!turn.signal.aborted) throw error;
    }
  }

  /** Reads the stream until the turn ends. */
  async #lead(signal: AbortSignal): Promise<void> {
    this.#leading = true;
    let failures = 0;
    try {
      while (!signal.aborted) {
        const attempt = new AbortController();
        const abort = () => attempt.abort();
        signal.addEventListener('abort', abort, { once: true });
        let watchdog = setTimeout(abort, silenceMs);
        try {
          const headers: Record<string, string> = { Accept: 'text/event-stream' };
          if (this.#lastId) headers['Last-Event-ID'] = this.#lastId;
          const answer = await this.#client.open(stream, headers, attempt.signal);
          // Without a position, what happened since the first requests of the page is not in the stream.
          const missed = failures > 0 || this.#lastId === '';
          failures = 0;
          this.#publish({ type: 'state', state: 'live' });
          if (missed) this.#publish({ type: 'gap' });
          await readEvents(
            answer,
            (event) => this.#read(event.id, event.event, event.data),
            () => {
              clearTimeout(watchdog);
              watchdog = setTimeout(abort, silenceMs);
            },
          );
          // The server ends a stream only when it stops or drops the reader.
          failures += 1;
        } catch (error) {
          if (signal.aborted) break;
          failures += 1;
          // An id that the server no longer has, or a store that was replaced.
          if ((error as { status?: number }).status === 400) this.#lastId = '';
          if ((error as { status?: number }).status === 401 || (error as { status?: number }).status === 403)
            failures += 4; // a key may come
        } finally {
          clearTimeout(watchdog);
          signal.removeEventListener('abort', abort);
        }
        if (signal.aborted) break;
        this.#publish({ type: 'state', state: 'lost' });
        await this.#env.delay(
          Math.min(500 * 2 ** Math.min(failures - 1, 4), 8000) * (0.8 + 0.4 * Math.random()),
          signal,
        );
      }
    } finally {
      this.#leading = false;
    }
  }

  #read(id: string, kind: string, data: string): void {
    if (id) this.#lastId = id;
    if (kind === 'dropped') {
      this.#lastId = '';
      return this.#publish({ type: 'gap' });
    }
    if (kind === 'digest') this.#publish({ type: 'digest', id, digest: JSON.parse(data) as EventDigest });
    else if (id) this.#publish({ type: 'position', id });
  }

  #publish(message: FeedMessage): void {
    this.#channel?.postMessage(message);
    this.#receive(message);
  }

  #receive(message: FeedMessage): void {
    if (this.#env.hidden()) return;
    if (message.id) this.#lastId = message.id;
    if (message.type === 'state' && message.state) return this.#setState(message.state);
    if (message.type === 'gap') return this.#gap();
    if (message.digest) for (const each of this.#listeners) each.digest?.(message.digest);
  }

  #gap(): void {
    for (const each of this.#listeners) each.gap?.();
  }

  #setState(state: FeedState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const each of this.#listeners) each.state?.(state);
  }
}
