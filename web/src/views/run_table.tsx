import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { RunList, RunStatus, RunSummary } from '../client';
import { bulkCommands, wording } from '../model/commands';
import { applyToSummary, changesSummary } from '../model/events';
import { isActive } from '../model/status';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { setQuery } from '../router/route';
import { useEvents, useSession } from '../session';
import { BulkDialog } from '../ui/bulk_dialog';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, ProblemNote } from '../ui/notes';
import { StatusBadge } from '../ui/status';
import { Ago, Took } from '../ui/time';
import { useNarrow } from '../ui/use_narrow';

const pageSize = 50;

type Pages = InfiniteData<RunList, string | undefined>;

/** The runs of a status and a flow: pages, selection, commands for several. */
export function RunTable({
  status,
  flow,
  text = '',
  hideFlow = false,
}: {
  status: RunStatus | undefined;
  flow: string;
  text?: string;
  hideFlow?: boolean;
}) {
  const { client, may } = useSession();
  const queries = useQueryClient();
  const queryKey = useMemo(() => ['runs', status ?? '', flow], [status, flow]);
  const [fresh, setFresh] = useState<Set<string>>(new Set());
  const [selected, setSelected] = useState<Map<string, RunSummary>>(new Map());
  const [bulk, setBulk] = useState<'selected' | 'all'>();
  const lastError = useRef(new Map<string, { node: string; attempt: number }>());

  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/runs', {
        query: { status, flow: flow || undefined, limit: pageSize, cursor: pageParam },
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

  useEvents((event) => {
    const id = event.run;
    if (!id) return;
    if (event.kind === 'step_failed') lastError.current.set(id, { node: event.node, attempt: event.attempt });
    if (lastError.current.size > 500) lastError.current.clear();
    if (!changesSummary(event.kind)) return;
    const known = runs.some((run) => run.id === id);
    if (!known) {
      const matches =
        event.kind === 'run_created'
          ? !status || status === 'running'
          : status !== undefined && event.kind === `run_${status === 'running' ? 'resumed' : status}`;
      if (matches) setFresh((old) => (old.has(id) ? old : new Set(old).add(id)));
      return;
    }
    queries.setQueryData<Pages>(
      queryKey,
      (data) =>
        data && {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            runs: page.runs.map((run) => {
              if (run.id !== id) return run;
              const next = applyToSummary(run, event);
              const at = lastError.current.get(id);
              return next.error && next !== run && at ? { ...next, error: { ...next.error, ...at } } : next;
            }),
          })),
        },
    );
  });

  const showNew = () => {
    setFresh(new Set());
    queries.setQueryData<Pages>(
      queryKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void list.refetch();
    window.scrollTo({ top: 0 });
  };

  const needle = text.trim().toLowerCase();
  const rows = useMemo(
    () =>
      needle
        ? runs.filter((run) =>
            [run.id, run.flow, run.error?.type, run.error?.message, run.status].some((each) =>
              each?.toLowerCase().includes(needle),
            ),
          )
        : runs,
    [runs, needle],
  );
  const narrow = useNarrow();
  const rowHeight = narrow ? 96 : 44;
  const table = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useEffect(() => {
    setMargin(table.current?.offsetTop ?? 0);
  }, [rows.length > 0, fresh.size > 0, selected.size > 0]);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: margin,
  });
  useEffect(() => {
    virtual.measure();
  }, [rowHeight, virtual]);
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  useEffect(() => {
    if (
      !needle &&
      hasNextPage &&
      !isFetchingNextPage &&
      !isFetchNextPageError &&
      lastIndex >= rows.length - 5 &&
      window.scrollY > 0
    )
      void fetchNextPage();
  }, [lastIndex, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, needle]);

  const toggle = (run: RunSummary, on: boolean) =>
    setSelected((old) => {
      const next = new Map(old);
      if (on) next.set(run.id, run);
      else next.delete(run.id);
      return next;
    });
  const maySelect = may('operator');
  const allShown = rows.length > 0 && rows.every((run) => selected.has(run.id));

  if (list.isPending) return <Loading what="runs" />;
  if (list.error && runs.length === 0)
    return <ProblemNote error={list.error} title="The runs could not be loaded" />;
  return (
    <>
      {fresh.size > 0 && (
        <div className="new-note" role="status">
          <button type="button" onClick={showNew}>
            {plural(fresh.size, 'new run')}: show
          </button>
        </div>
      )}
      {selected.size > 0 && (
        <div className="selection" role="region" aria-label="Selection">
          <strong>{selected.size} selected</strong>
          <button type="button" onClick={() => setBulk('selected')} className="primary">
            Commands for the selected…
          </button>
          {(status || flow) && (
            <button type="button" onClick={() => setBulk('all')}>
              Commands for all that match the filters…
            </button>
          )}
          <button type="button" className="quiet" onClick={() => setSelected(new Map())}>
            Clear the selection
          </button>
        </div>
      )}
      {runs.length === 0 ? (
        <NoRuns status={status} flow={flow} />
      ) : rows.length === 0 ? (
        <Empty title={`None of the ${runs.length} loaded runs contains “${text}”.`}>
          {list.hasNextPage && (
            <button type="button" onClick={() => void list.fetchNextPage()}>
              Load {pageSize} more
            </button>
          )}{' '}
          <Link to={['runs', text.trim()]}>Open the run with this id</Link>
        </Empty>
      ) : (
        <div
          className={`run-table${hideFlow ? ' no-flow' : ''}${maySelect ? '' : ' no-select'}`}
          role="table"
          aria-label="Runs"
          aria-rowcount={list.hasNextPage ? -1 : rows.length}
        >
          <div role="rowgroup" className="run-head-group">
            <div role="row" className="run-row head">
              {maySelect && (
                <div role="columnheader">
                  <input
                    type="checkbox"
                    aria-label="Select all loaded runs"
                    checked={allShown}
                    onChange={(event) =>
                      setSelected(
                        event.target.checked ? new Map(rows.map((run) => [run.id, run])) : new Map(),
                      )
                    }
                  />
                </div>
              )}
              <div role="columnheader">Status</div>
              <div role="columnheader">Run</div>
              {!hideFlow && <div role="columnheader">Flow</div>}
              <div role="columnheader">Started</div>
              <div role="columnheader">Took</div>
              <div role="columnheader">Error</div>
            </div>
          </div>
          <div role="rowgroup" ref={table} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map((item) => {
              const run = rows[item.index]!;
              return (
                <Row
                  key={run.id}
                  run={run}
                  index={item.index}
                  top={item.start - virtual.options.scrollMargin}
                  height={rowHeight}
                  selected={selected.has(run.id)}
                  onToggle={maySelect ? toggle : undefined}
                  hideFlow={hideFlow}
                />
              );
            })}
          </div>
        </div>
      )}
      <div className="list-end">
        {runs.length > 0 && (
          <span className="dim">
            {needle
              ? `${rows.length} of ${runs.length} loaded runs`
              : `${plural(runs.length, 'run')} loaded${list.hasNextPage ? '' : ', no more'}`}
          </span>
        )}
        {list.hasNextPage && runs.length > 0 && (
          <button type="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : `Load ${pageSize} more`}
          </button>
        )}
        {maySelect && runs.length > 0 && selected.size === 0 && (status || flow) && (
          <button type="button" className="quiet" onClick={() => setBulk('all')}>
            Commands for all that match…
          </button>
        )}
      </div>
      {list.isFetchNextPageError && <ProblemNote error={list.error} title="More runs could not be loaded" />}
      {bulk && (
        <BulkDialog
          runs={bulk === 'selected' ? [...selected.values()] : undefined}
          filter={{ status, flow }}
          commands={bulkCommands.map((each) => ({ ...each, label: wording[each.command].label }))}
          onClose={(changed) => {
            setBulk(undefined);
            if (changed) {
              setSelected(new Map());
              void list.refetch();
            }
          }}
        />
      )}
    </>
  );
}

const Row = memo(function Row({
  run,
  index,
  top,
  height,
  selected,
  onToggle,
  hideFlow,
}: {
  run: RunSummary;
  index: number;
  top: number;
  height: number;
  selected: boolean;
  onToggle: ((run: RunSummary, on: boolean) => void) | undefined;
  hideFlow: boolean;
}) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={onToggle ? selected : undefined}
      className={`run-row${selected ? ' selected' : ''}`}
      data-row
      style={{ height, transform: `translateY(${top}px)` }}
    >
      {onToggle && (
        <div role="cell" className="cell-select">
          <input
            type="checkbox"
            aria-label={`Select ${run.id}`}
            checked={selected}
            onChange={(event) => onToggle(run, event.target.checked)}
          />
        </div>
      )}
      <div role="cell" className="cell-status">
        <StatusBadge status={run.status} />
      </div>
      <div role="cell" className="cell-id">
        <Link to={['runs', run.id]} data-row-link title={run.id}>
          <bdi>{visibleText(run.id)}</bdi>
        </Link>
        {run.parent && <span className="dim"> subflow</span>}
      </div>
      {!hideFlow && (
        <div role="cell" className="cell-flow">
          <Link
            to={['flows', run.flow]}
            query={{ version: run.version }}
            title={`${run.flow}@${run.version}`}
          >
            <bdi>{visibleText(run.flow)}</bdi>
          </Link>
          <span className="dim">@{run.version}</span>
        </div>
      )}
      <div role="cell" className="cell-started">
        <Ago at={run.started_at ?? run.created_at} />
      </div>
      <div role="cell" className="cell-took">
        <Took from={run.started_at ?? run.created_at} to={run.finished_at} frozen={!isActive(run)} />
      </div>
      <div role="cell" className="cell-error">
        {run.error ? (
          <span title={visibleText(run.error.message)}>
            <strong>
              <bdi>{visibleText(run.error.type)}</bdi>
            </strong>
            {run.error.node && (
              <>
                {' '}
                at <bdi>{visibleText(run.error.node)}</bdi>
              </>
            )}
            : <bdi className="dim">{visibleText(run.error.message)}</bdi>
          </span>
        ) : null}
      </div>
    </div>
  );
});

function NoRuns({ status, flow }: { status: RunStatus | undefined; flow: string }) {
  if (status || flow)
    return (
      <Empty title={`No ${status ?? ''} runs${flow ? ` of ${flow}` : ''}.`}>
        <button
          type="button"
          onClick={() => setQuery({ status: undefined, flow: undefined, q: undefined }, true)}
        >
          Show all runs
        </button>
      </Empty>
    );
  return (
    <Empty title="No runs yet.">
      <p>
        Start one from a <Link to={['flows']}>flow</Link>, or with the program:
      </p>
      <pre>
        <code>
          pawl runs start FLOW --input '{'{'}"amount": 42{'}'}' --server {location.origin}
        </code>
      </pre>
    </Empty>
  );
}
