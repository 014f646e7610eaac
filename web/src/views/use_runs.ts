import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { EventDigest, RunList, RunStatus } from '../client';
import { arrivals, changesCounts } from '../model/digest';
import { condition, firstThatFit } from '../model/filter';
import { renewedRows } from '../model/run_rows';
import { statuses } from '../model/status';
import { useDigests, useSession, useThrottled } from '../session';
import { useStats } from './use_stats';

export const pageSize = 50;
/** Rows per request. */
const renewedAtOnce = 30;
/** Of the ids in a filter, which has at most 4,096 bytes; an id has up to 255, in quotes up to twice as many. */
const bytesOfIds = 4000;

export type RunOrder = 'newest' | 'oldest' | 'finished_last' | 'finished_first';

/** Which runs a list has; all conditions hold. */
export interface RunsWhere {
  status?: RunStatus | undefined;
  flow?: string | undefined;
  /** In the filter language. */
  filter?: string | undefined;
  order?: RunOrder | undefined;
}

type Pages = InfiniteData<RunList, string | undefined>;

/** The runs of a list, page after page. Rows are renewed when the feed reports events of them. */
export function useRunList(where: RunsWhere) {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const { status, flow, filter, order } = where;
  const queryKey = useMemo(
    () => ['runs', status ?? '', flow ?? '', filter ?? '', order ?? ''],
    [status, flow, filter, order],
  );
  const [fresh, setFresh] = useState({ of: queryKey, count: 0 });
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/runs', {
        query: { status, flow, filter, order, limit: pageSize, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    // Rows must not jump while they are read: events update them, and a note offers the new ones.
    refetchOnWindowFocus: false,
    gcTime: 60_000,
  });
  const runs = useMemo(() => {
    const seen = new Set<string>();
    return (list.data?.pages.flatMap((each) => each.runs) ?? []).filter(
      (run) => !seen.has(run.id) && seen.add(run.id),
    );
  }, [list.data]);

  /** Runs that had events since they were read. */
  const changed = useRef(new Set<string>());
  const renew = useThrottled(() => void renewRows(), 1000);
  const renewRows = async () => {
    const ids = firstThatFit(changed.current, renewedAtOnce, bytesOfIds);
    if (ids.length === 0) return;
    for (const id of ids) changed.current.delete(id);
    const found = await client
      .get('/v1/runs', { query: { filter: condition('id', '=', ...ids), limit: ids.length } })
      .catch(() => undefined);
    // A server that cannot answer now is asked again at the next event; a lost connection reloads all.
    if (!found) return ids.forEach((id) => void changed.current.add(id));
    queries.setQueryData<Pages>(
      queryKey,
      (data) =>
        data && {
          ...data,
          pages: data.pages.map((page) => ({ ...page, runs: renewedRows(page.runs, ids, found) })),
        },
    );
    if (changed.current.size > 0) renew();
  };
  const known = useMemo(() => new Set(runs.map((run) => run.id)), [runs]);
  /** Whether events alone decide what is new: other conditions only the server knows. */
  const countsNew = !flow && !filter && (order ?? 'newest') === 'newest';
  /** Whether a run that is not shown has begun or changed its status. */
  const changesOthers = (digest: EventDigest) =>
    changesCounts(digest) &&
    (digest.more_runs || digest.runs.some((run) => run.status !== undefined && !known.has(run.id)));
  const { isFetching } = list;
  const renewShown = (digest: EventDigest) => {
    for (const id of digest.more_runs ? known : digest.runs.map((run) => run.id))
      if (known.has(id)) changed.current.add(id);
    if (changed.current.size > 0) renew();
  };
  /** Digests that came while an answer was under way, which may be older and may show other runs. */
  const early = useRef<EventDigest[]>([]);
  useEffect(() => {
    if (!isFetching) early.current.splice(0).forEach(renewShown);
  }, [isFetching]);
  useDigests((digest) => {
    if (isFetching) early.current.push(digest);
    else renewShown(digest);
    const added = countsNew ? arrivals(digest, status, (id) => known.has(id)) : Number(changesOthers(digest));
    if (added === 0) return;
    setFresh((old) => ({ of: queryKey, count: (old.of === queryKey ? old.count : 0) + added }));
  });
  const reload = () => {
    setFresh({ of: queryKey, count: 0 });
    queries.setQueryData<Pages>(
      queryKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void list.refetch();
    window.scrollTo({ top: 0 });
  };
  return {
    where,
    list,
    runs,
    /** The number of runs that have started or changed and may belong to the list. */
    fresh: fresh.of === queryKey ? fresh.count : 0,
    countsNew,
    maySelect: may('operator'),
    reload,
  };
}

export type LoadedRuns = ReturnType<typeof useRunList>;

/** The number of runs of each status that fit a filter: "1,204", or "100,000+" if there may be more. */
export function useRunCounts(filter: string): Partial<Record<RunStatus | 'all', string>> {
  const { client } = useSession();
  const stats = useStats();
  const counts = useQuery({
    queryKey: ['counts', filter],
    enabled: filter !== '',
    // Not at every event: each count may compare many runs.
    refetchInterval: 30_000,
    retry: false,
    queryFn: ({ signal }) =>
      Promise.all(
        statuses.map((status) => client.get('/v1/stats/runs', { query: { status, filter }, signal })),
      ),
  });
  const parts =
    filter === ''
      ? stats.data && statuses.map((each) => ({ count: stats.data.runs[each], exact: true }))
      : counts.data;
  if (!parts) return {};
  const text = (count: number, exact: boolean) => count.toLocaleString('en') + (exact ? '' : '+');
  return {
    all: text(
      parts.reduce((sum, each) => sum + each.count, 0),
      parts.every((each) => each.exact),
    ),
    ...Object.fromEntries(statuses.map((each, i) => [each, text(parts[i]!.count, parts[i]!.exact)])),
  };
}
