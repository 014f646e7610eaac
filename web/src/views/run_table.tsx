import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { PawlError, type RunSummary } from '../client';
import { knownAttributes } from '../model/attributes';
import { mistakeIn } from '../model/filter';
import { plural } from '../model/words';
import { BulkDialog } from '../ui/bulk_dialog';
import { JobDialog } from '../ui/job_dialog';
import { visibleText } from '../ui/json_view';
import { DamagedNote, Empty, FilterMistake, Loading, ProblemNote } from '../ui/notes';
import { useNarrow } from '../ui/use_narrow';
import { ColumnChoice, useColumns } from './run_columns';
import { RunRow } from './run_row';
import { type LoadedRuns, pageSize } from './use_runs';

/** The width of the columns of attributes; the style sheet has the others. */
function tableStyle(columns: number): CSSProperties | undefined {
  if (columns === 0) return undefined;
  return { '--attributes': `repeat(${columns}, minmax(70px, 1fr))` } as CSSProperties;
}

/** A list of runs: rows, selection, commands for several. `empty` is shown where no run is in the list. */
export function RunTable({
  runs: loaded,
  empty,
  hideFlow = false,
}: {
  runs: LoadedRuns;
  empty: ReactNode;
  hideFlow?: boolean;
}) {
  const { where, list, runs, fresh, countsNew, reload, maySelect } = loaded;
  const [selected, setSelected] = useState<Map<string, RunSummary>>(new Map());
  const [bulk, setBulk] = useState<'selected' | 'all'>();
  const columns = useColumns();
  const columnKey = columns.join(',');
  // The same array for the same columns: rows are drawn again only if they change.
  const shownColumns = useMemo(() => columns, [columnKey]);
  const known = useMemo(() => [...knownAttributes(runs).keys()], [runs]);
  const narrow = useNarrow();
  const rowHeight = narrow ? 96 : 44;
  const table = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useEffect(() => {
    setMargin(table.current?.offsetTop ?? 0);
  }, [runs.length > 0, fresh > 0, selected.size > 0, known.length + columns.length > 0]);
  const virtual = useWindowVirtualizer({
    count: runs.length,
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
      hasNextPage &&
      !isFetchingNextPage &&
      !isFetchNextPageError &&
      lastIndex >= runs.length - 5 &&
      window.scrollY > 0
    )
      void fetchNextPage();
  }, [lastIndex, runs.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const toggle = (run: RunSummary, on: boolean) =>
    setSelected((old) => {
      const next = new Map(old);
      if (on) next.set(run.id, run);
      else next.delete(run.id);
      return next;
    });
  const allShown = runs.length > 0 && runs.every((run) => selected.has(run.id));
  const isFiltered = Boolean(where.status || where.flow || where.filter);

  if (list.isPending) return <Loading what="runs" />;
  if (list.error && runs.length === 0) {
    const refused = list.error instanceof PawlError && where.filter !== undefined;
    const mistake = refused ? mistakeIn(where.filter!, list.error.message) : undefined;
    if (mistake) return <FilterMistake filter={where.filter!} mistake={mistake} />;
    return <ProblemNote error={list.error} title="The runs could not be loaded" />;
  }
  return (
    <>
      {fresh > 0 && (
        <div className="new-note" role="status">
          <button type="button" onClick={reload}>
            {countsNew ? `${plural(fresh, 'new run')}: show` : 'Runs have started or changed: reload'}
          </button>
        </div>
      )}
      {selected.size > 0 && (
        <div className="selection" role="region" aria-label="Selection">
          <strong>{selected.size} selected</strong>
          <button type="button" onClick={() => setBulk('selected')} className="primary">
            Commands for the selected…
          </button>
          {isFiltered && (
            <button type="button" onClick={() => setBulk('all')}>
              Commands for all that match the filters…
            </button>
          )}
          <button type="button" className="quiet" onClick={() => setSelected(new Map())}>
            Clear the selection
          </button>
        </div>
      )}
      <DamagedNote what="run" damaged={list.data?.pages.flatMap((each) => each.damaged ?? []) ?? []} />
      <ColumnChoice known={known} />
      {runs.length === 0 ? (
        list.hasNextPage ? (
          <Empty title="No run that was compared so far fits.">
            <button type="button" onClick={() => void list.fetchNextPage()} disabled={isFetchingNextPage}>
              {isFetchingNextPage ? 'Searching…' : 'Search on'}
            </button>
          </Empty>
        ) : (
          empty
        )
      ) : (
        <div
          className={`run-table${hideFlow ? ' no-flow' : ''}${maySelect ? '' : ' no-select'}`}
          role="table"
          aria-label="Runs"
          style={tableStyle(columns.length)}
          aria-rowcount={list.hasNextPage ? -1 : runs.length}
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
                        event.target.checked ? new Map(runs.map((run) => [run.id, run])) : new Map(),
                      )
                    }
                  />
                </div>
              )}
              <div role="columnheader">Status</div>
              <div role="columnheader">Run</div>
              {!hideFlow && <div role="columnheader">Flow</div>}
              <div role="columnheader">Age</div>
              <div role="columnheader">Took</div>
              {columns.map((name) => (
                <div key={name} role="columnheader" className="cell-attribute">
                  <bdi>{visibleText(name)}</bdi>
                </div>
              ))}
              <div role="columnheader">Error, waits for</div>
            </div>
          </div>
          <div role="rowgroup" ref={table} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map((item) => {
              const run = runs[item.index]!;
              return (
                <RunRow
                  key={run.id}
                  run={run}
                  index={item.index}
                  top={item.start - virtual.options.scrollMargin}
                  height={rowHeight}
                  selected={selected.has(run.id)}
                  onToggle={maySelect ? toggle : undefined}
                  hideFlow={hideFlow}
                  columns={shownColumns}
                />
              );
            })}
          </div>
        </div>
      )}
      <div className="list-end">
        {runs.length > 0 && (
          <span className="dim">
            {plural(runs.length, 'run')} loaded{list.hasNextPage ? '' : ', no more'}
          </span>
        )}
        {list.hasNextPage && runs.length > 0 && (
          <button type="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : `Load ${pageSize} more`}
          </button>
        )}
        {maySelect && runs.length > 0 && selected.size === 0 && isFiltered && (
          <button type="button" className="quiet" onClick={() => setBulk('all')}>
            Commands for all that match…
          </button>
        )}
      </div>
      {list.isFetchNextPageError && <ProblemNote error={list.error} title="More runs could not be loaded" />}
      {bulk === 'selected' && (
        <BulkDialog
          runs={[...selected.values()]}
          onClose={(changed) => {
            setBulk(undefined);
            if (changed) {
              setSelected(new Map());
              void list.refetch();
            }
          }}
        />
      )}
      {bulk === 'all' && <JobDialog where={where} onClose={() => setBulk(undefined)} />}
    </>
  );
}
