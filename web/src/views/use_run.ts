import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Client, Run, RunEvent } from '../client';
import { useRenewed } from '../live/use_renewed';
import type { Definition } from '../model/definition';
import { concerns } from '../model/digest';
import { Progress } from '../model/progress';
import { useDigests, useSession, useThrottled } from '../session';

/** Checkpoints per request at most. */
const historyPage = 1000;
/** Checkpoints of the first request: one can have a thousand events, so their number is not known. */
const firstPage = 20;
/** Events per request that are aimed at after it. */
const pageEvents = 10_000;
/** A run with probably more events is opened with its last part. */
const wholeUpTo = 50_000;
const lastPart = 10_000;
/** Events that are read when earlier ones are wanted. */
const earlierPart = 50_000;

export interface LoadedHistory {
  events: RunEvent[];
  progress: Progress | undefined;
  /** Grows with each change: events and progress change in place. */
  version: number;
  /** Whether `events` has only the end of the history. */
  partial: boolean;
  /** How many events the part that is being read has so far; undefined if none is. */
  reading: number | undefined;
  error: Error | undefined;
  /** Loads the events before the first one that is loaded, as many as a part has. */
  loadEarlier(): void;
}

/** A run, renewed when the feed reports an event of it. */
export function useRun(id: string) {
  const { client } = useSession();
  const run = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => client.get('/v1/runs/{id}', { path: { id }, signal }),
  });
  useRenewed(['run', id], 500, (digest) => concerns(digest, id));
  return run;
}

interface HistoryPage {
  events: RunEvent[];
  next: number | null;
}

/** How many events are read at first, after the newest `events`, if the next ones are in checkpoint `next`. */
function firstPart(events: readonly RunEvent[], next: number): number {
  const newest = events[0]?.checkpoint ?? next;
  const probably = (events.length / Math.max(1, newest - next)) * newest;
  return probably > wholeUpTo ? lastPart : wholeUpTo;
}

/**
 * Reads a part of a history backwards, from a checkpoint or the end. Returns its events, oldest first, and
 * the checkpoint before it. Undefined if `isWanted` returned false meanwhile.
 */
async function readBack(
  client: Client,
  id: string,
  before: number | undefined,
  isWanted: (soFar: number) => boolean,
): Promise<HistoryPage | undefined> {
  const events: RunEvent[] = [];
  let next: number | null | undefined = before;
  let limit = firstPage;
  do {
    const page: HistoryPage = await client.get('/v1/runs/{id}/history', {
      path: { id },
      query: { first: next, limit, reverse: true },
    });
    for (const event of page.events) events.push(event);
    const perCheckpoint = Math.max(1, page.events.length / limit);
    limit = Math.max(1, Math.min(historyPage, Math.floor(pageEvents / perCheckpoint)));
    next = page.next;
    if (!isWanted(events.length)) return undefined;
  } while (next !== null && events.length < (before === undefined ? firstPart(events, next) : earlierPart));
  return { events: events.reverse(), next };
}

/**
 * The history of a run: its last part, then what is new, and earlier parts on demand. The feed only says
 * that there is more: events are always read from the history, so none is lost or doubled.
 */
export function useHistory(id: string, definition: Definition | undefined, run: Run): LoadedHistory {
  const { client, feed } = useSession();
  // `before`: the checkpoint before the events, null at the beginning, undefined until the first part is read.
  const store = useRef<{
    events: RunEvent[];
    before: number | null | undefined;
    busy: boolean;
    again: boolean;
  }>({ events: [], before: undefined, busy: false, again: false });
  const [version, setVersion] = useState(0);
  const [reading, setReading] = useState<number>();
  const [error, setError] = useState<Error>();
  const progress = useRef<{ of: Definition; first: RunEvent; applied: number; value: Progress }>(undefined);
  const live = useRef(true);

  const load = useMemo(() => {
    const readPart = async () => {
      const s = store.current;
      const part = await readBack(client, id, s.before ?? undefined, (soFar) => {
        if (live.current) setReading(soFar);
        return live.current;
      });
      if (!part) return;
      s.events = part.events.concat(s.events);
      s.before = part.next;
      setVersion((n) => n + 1);
    };
    const readNew = async () => {
      const { events } = store.current;
      // The last checkpoint is read again: not needed for correctness, but cheap.
      for (let first: number | null = events.at(-1)?.checkpoint ?? 1; first !== null && live.current; ) {
        const page: HistoryPage = await client.get('/v1/runs/{id}/history', {
          path: { id },
          query: { first, limit: historyPage },
        });
        const last = events.at(-1)?.id ?? '';
        const fresh = page.events.filter((event) => isAfter(event, last));
        for (const event of fresh) events.push(event);
        first = page.next;
        if (fresh.length > 0) setVersion((n) => n + 1);
      }
    };
    /** One at a time: what is asked for meanwhile follows. */
    return async (earlier = false) => {
      const s = store.current;
      if (s.busy) {
        s.again = true;
        return;
      }
      s.busy = true;
      try {
        if (s.before === undefined || (earlier && s.before !== null)) await readPart();
        do {
          s.again = false;
          if (live.current && s.before !== undefined) await readNew();
        } while (s.again && live.current);
        setError(undefined);
      } catch (problem) {
        setError(problem as Error);
      } finally {
        s.busy = false;
        setReading(undefined);
      }
    };
  }, [client, id]);

  useEffect(() => {
    live.current = true;
    void load();
    const unlisten = feed.listen({ gap: () => void load() });
    return () => {
      live.current = false;
      unlisten();
    };
  }, [load, feed]);
  const again = useThrottled(() => void load(), 250);
  useDigests((digest) => {
    if (concerns(digest, id)) again();
  });
  const { events, before } = store.current;
  // The run was read and is ahead of the history.
  const { checkpoint } = run;
  const isRead = before !== undefined;
  useEffect(() => {
    if (isRead && checkpoint > (store.current.events.at(-1)?.checkpoint ?? 0)) again();
  }, [checkpoint, isRead, again]);

  const partial = typeof before === 'number';
  const [first] = events;
  // Adds to the progress what it does not have yet.
  if (definition && first) {
    if (progress.current?.of !== definition || progress.current.first !== first) {
      const later = partial ? { at: run.at, waits: run.waiting_on.map((each) => each.node) } : undefined;
      progress.current = { of: definition, first, applied: 0, value: new Progress(definition, later) };
    }
    const p = progress.current;
    for (; p.applied < events.length; ++p.applied) p.value.apply(events[p.applied]!);
  }
  return {
    events,
    progress: progress.current?.value,
    version,
    partial,
    reading,
    error,
    loadEarlier: () => void load(true),
  };
}

/** Whether the event comes after the id "checkpoint.place". */
function isAfter(event: RunEvent, id: string): boolean {
  if (!event.id || !id) return true;
  const [a = 0, b = 0] = event.id.split('.').map(Number);
  const [c = 0, d = 0] = id.split('.').map(Number);
  return a > c || (a === c && b > d);
}
