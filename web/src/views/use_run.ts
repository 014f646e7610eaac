import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Run, RunEvent } from '../client';
import type { Definition } from '../model/definition';
import { Progress } from '../model/progress';
import { useEvents, useSession, useThrottled } from '../session';

/** Checkpoints per request. */
const historyPage = 1000;

export interface LoadedHistory {
  events: RunEvent[];
  progress: Progress | undefined;
  /** Grows with each change: events and progress change in place. */
  version: number;
  complete: boolean;
  error: Error | undefined;
}

/** A run, renewed when the feed reports an event of it. */
export function useRun(id: string) {
  const { client } = useSession();
  const queries = useQueryClient();
  const run = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => client.get('/v1/runs/{id}', { path: { id }, signal }),
  });
  const again = useThrottled(() => void queries.invalidateQueries({ queryKey: ['run', id] }), 500);
  useEvents((event) => {
    if (event.run === id) again();
  });
  return run;
}

/**
 * The history of a run, page after page, then what is new. The feed only says that there is more:
 * events are always read from the history, so none is lost or doubled.
 */
export function useHistory(
  id: string,
  definition: Definition | undefined,
  run: Run | undefined,
): LoadedHistory {
  const { client, feed } = useSession();
  const store = useRef<{ events: RunEvent[]; last: string; next: number; busy: boolean; again: boolean }>({
    events: [],
    last: '',
    next: 1,
    busy: false,
    again: false,
  });
  const [version, setVersion] = useState(0);
  const [complete, setComplete] = useState(false);
  const [error, setError] = useState<Error>();
  const progress = useRef<{ of: Definition; applied: number; value: Progress }>(undefined);
  const live = useRef(true);

  const load = useMemo(
    () => async () => {
      const s = store.current;
      if (s.busy) {
        s.again = true;
        return;
      }
      s.busy = true;
      try {
        do {
          s.again = false;
          for (let first: number | null = s.next; first !== null && live.current; ) {
            const page: { events: RunEvent[]; next: number | null } = await client.get(
              '/v1/runs/{id}/history',
              { path: { id }, query: { first, limit: historyPage } },
            );
            const fresh = page.events.filter((event) => isAfter(event, s.last));
            for (const event of fresh) s.events.push(event);
            const last = fresh.at(-1);
            if (last) {
              s.last = last.id ?? s.last;
              // The last checkpoint is read again: not needed for correctness, but cheap.
              s.next = last.checkpoint ?? s.next;
            }
            first = page.next;
            if (fresh.length > 0 || first === null) setVersion((n) => n + 1);
          }
          setComplete(true);
          setError(undefined);
        } while (s.again && live.current);
      } catch (problem) {
        setError(problem as Error);
      } finally {
        s.busy = false;
      }
    },
    [client, id],
  );

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
  useEvents((event) => {
    if (event.run === id) again();
  });
  // The run was read and is ahead of the history.
  const checkpoint = run?.checkpoint ?? 0;
  useEffect(() => {
    if (complete && checkpoint > (store.current.events.at(-1)?.checkpoint ?? 0)) again();
  }, [checkpoint, complete, again]);

  // Adds to the progress what it does not have yet.
  if (definition) {
    if (progress.current?.of !== definition)
      progress.current = { of: definition, applied: 0, value: new Progress(definition) };
    const p = progress.current;
    for (; p.applied < store.current.events.length; ++p.applied)
      p.value.apply(store.current.events[p.applied]!);
  }
  return { events: store.current.events, progress: progress.current?.value, version, complete, error };
}

/** Whether the event comes after the id "checkpoint.place". */
function isAfter(event: RunEvent, id: string): boolean {
  if (!event.id || !id) return true;
  const [a = 0, b = 0] = event.id.split('.').map(Number);
  const [c = 0, d = 0] = id.split('.').map(Number);
  return a > c || (a === c && b > d);
}
