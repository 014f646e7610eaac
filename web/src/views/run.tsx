import { Suspense, useMemo } from 'react';
import { PawlError, type Run } from '../client';
import { deadlines } from '../model/progress';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { setQuery, useRoute } from '../router/route';
import { EventList } from '../ui/event_list';
import { visibleText } from '../ui/json_view';
import { lazyView } from '../ui/lazy_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { TabPanel, Tabs } from '../ui/tabs';
import { NodePane } from './node_pane';
import { DataTab } from './run_data';
import { RunHead } from './run_head';
import { Logs, Timeline } from './run_tabs';
import { type LoadedHistory, useHistory, useRun } from './use_run';
import { useDefinition } from './use_version';

const FlowGraph = lazyView(() => import('../graph/flow_graph').then((m) => m.FlowGraph));

const tabs = ['graph', 'timeline', 'events', 'data', 'logs'] as const;
type TabId = (typeof tabs)[number];

export function RunPage({ id }: { id: string }) {
  const run = useRun(id);
  if (run.isPending) return <Loading what={`run ${id}`} />;
  if (!run.data) {
    if (run.error instanceof PawlError && run.error.status === 404)
      return (
        <Empty page title={`There is no run “${visibleText(id)}” in this scope.`}>
          <Link to={['runs']}>All runs</Link>
        </Empty>
      );
    return <ProblemNote error={run.error} title="The run could not be loaded" />;
  }
  return <LoadedRun run={run.data} />;
}

function LoadedRun({ run }: { run: Run }) {
  const { query } = useRoute();
  const { definition, error } = useDefinition(run.flow, run.version);
  const history = useHistory(run.id, definition, run);
  const waits = useMemo(() => deadlines(run), [run]);
  const tab: TabId = tabs.find((each) => each === query.get('tab')) ?? 'graph';
  const node = query.get('node') ?? undefined;
  const select = (id: string | undefined) => setQuery({ node: id, step: undefined });
  return (
    <>
      <RunHead run={run} definition={definition} history={history} onNode={select} />
      {error && <ProblemNote error={error} title="The flow of the run could not be loaded" />}
      {history.error && history.events.length === 0 && (
        <ProblemNote error={history.error} title="The history could not be loaded" />
      )}
      <Tabs
        label="Views of the run"
        panel="run-panel"
        selected={tab}
        onSelect={(next) => setQuery({ tab: next === 'graph' ? undefined : next })}
        tabs={[
          { id: 'graph', label: 'Graph' },
          { id: 'timeline', label: 'Timeline' },
          { id: 'events', label: 'Events', count: history.events.length },
          { id: 'data', label: 'Input and data' },
          { id: 'logs', label: 'Logs' },
        ]}
      />
      <TabPanel panel="run-panel" selected={tab}>
        {history.reading !== undefined && history.events.length === 0 && (
          <p className="dim" role="status">
            Loading the history: {history.reading.toLocaleString('en')} events so far…
          </p>
        )}
        {history.partial && tab !== 'data' && tab !== 'logs' && <EarlierNote history={history} />}
        {tab === 'graph' && definition && (
          <div className={node ? 'split' : ''}>
            <Suspense fallback={<Loading what="the graph" />}>
              <FlowGraph
                definition={definition}
                progress={history.progress}
                version={history.version}
                deadlines={waits}
                selected={node}
                onSelect={select}
                label={`Graph of the run ${run.id}`}
                height="min(68vh, 640px)"
              />
            </Suspense>
            {node ? (
              <NodePane
                node={node}
                definition={definition}
                run={run}
                history={history}
                onClose={() => select(undefined)}
              />
            ) : (
              <p className="dim hint-line">
                Select a node to see its steps with their input and output, its waits and errors. Drag to
                move; use the buttons or Ctrl and the wheel to zoom.
              </p>
            )}
          </div>
        )}
        {tab === 'graph' && !definition && !error && <Loading what="the flow" />}
        {tab === 'timeline' && (
          <Timeline run={run} history={history} selected={node} onClose={() => select(undefined)} />
        )}
        {tab === 'events' && (
          <EventList
            run={run.id}
            events={history.events}
            version={history.version}
            node={node}
            onNode={select}
          />
        )}
        {tab === 'data' && <DataTab run={run} />}
        {tab === 'logs' && <Logs id={run.id} />}
      </TabPanel>
    </>
  );
}

/** Says that the beginning of a long history is not loaded. */
function EarlierNote({ history: { events, reading, loadEarlier } }: { history: LoadedHistory }) {
  return (
    <Note
      tone="info"
      title={`Only the end of this long run is loaded: its last ${plural(events.length, 'event')}.`}
      action={
        <button type="button" disabled={reading !== undefined} onClick={loadEarlier}>
          {reading === undefined ? 'Load earlier events' : `Loading: ${plural(reading, 'event')} so far…`}
        </button>
      }
    />
  );
}
