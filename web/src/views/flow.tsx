import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useMemo, useState } from 'react';
import { PawlError, readVersions } from '../client';
import { readDefinition } from '../model/definition';
import { condition } from '../model/filter';
import { isStatus, statuses } from '../model/status';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { go, setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { Diagnostics } from '../ui/diagnostics';
import { Dialog } from '../ui/dialog';
import { JsonView, visibleText } from '../ui/json_view';
import { lazyView } from '../ui/lazy_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { TabPanel, Tabs } from '../ui/tabs';
import { StartForm } from './flow_start';
import { PublishDialog, Versions } from './flow_versions';
import { RunTable } from './run_table';
import { useRunList } from './use_runs';
import { useVersion } from './use_version';

const FlowGraph = lazyView(() => import('../graph/flow_graph').then((m) => m.FlowGraph));
const tabs = ['graph', 'start', 'runs', 'versions', 'json'] as const;

export function FlowPage({ name }: { name: string }) {
  const { client, may } = useSession();
  const { query } = useRoute();
  const versions = useQuery({
    queryKey: ['flow', name, 'versions'],
    queryFn: ({ signal }) => readVersions(client, name, signal),
  });
  const outlines = versions.data?.versions ?? [];
  const shown =
    query.get('version') ?? outlines.find((each) => each.published)?.version ?? outlines.at(-1)?.version;
  const flow = useVersion(name, shown);
  const definition = useMemo(
    () => (flow.data ? readDefinition(flow.data.definition) : undefined),
    [flow.data],
  );
  const checked = useQuery({
    queryKey: ['flow', name, shown, 'validation'],
    enabled: flow.data !== undefined,
    staleTime: 60_000,
    queryFn: ({ signal }) => client.post('/v1/validate', { body: flow.data!.definition, signal }),
  });
  const [dialog, setDialog] = useState<'publish' | 'delete'>();
  const outline = outlines.find((each) => each.version === shown);
  const tab = tabs.find((each) => each === query.get('tab')) ?? 'graph';
  const node = query.get('node') ?? undefined;

  if (versions.isPending) return <Loading what={`flow ${name}`} />;
  if (!versions.data) {
    if (versions.error instanceof PawlError && versions.error.status === 404)
      return (
        <Empty page title={`There is no flow “${visibleText(name)}” in this scope.`}>
          <Link to={['flows']}>All flows</Link>
        </Empty>
      );
    return <ProblemNote error={versions.error} title="The flow could not be loaded" />;
  }
  const selectedNode = node ? definition?.nodes.find((each) => each.id === node) : undefined;
  return (
    <>
      <nav aria-label="Breadcrumb" className="crumbs">
        <Link to={['flows']}>Flows</Link>
      </nav>
      <div className="page-head">
        <h1>
          <bdi>{visibleText(name)}</bdi>
        </h1>
        <div className="field inline">
          <label htmlFor="version">Version</label>
          <select
            id="version"
            value={shown ?? ''}
            onChange={(event) => setQuery({ version: event.target.value }, true)}
          >
            {[...outlines].reverse().map((each) => (
              <option key={each.version} value={each.version}>
                {each.version}
                {each.published ? ' (published)' : ''}
              </option>
            ))}
          </select>
        </div>
        <div className="commands" role="group" aria-label="Commands">
          {may('operator') && (
            <button type="button" className="primary" onClick={() => setQuery({ tab: 'start' }, true)}>
              Start a run
            </button>
          )}
          {may('author') && (
            <Link className="button" to={['flows', name, 'edit']} query={{ version: shown }}>
              Edit
            </Link>
          )}
          {may('author') && outline && !outline.published && (
            <button type="button" onClick={() => setDialog('publish')}>
              Publish {outline.version}
            </button>
          )}
          {may('author') && (
            <button type="button" className="danger-quiet" onClick={() => setDialog('delete')}>
              Delete
            </button>
          )}
        </div>
      </div>
      {definition?.description && <p className="lead text">{visibleText(definition.description)}</p>}
      {outline && !outline.published && (
        <Note
          tone="info"
          title="This version is not published: starts that name no version use another one."
        />
      )}
      {checked.data && checked.data.diagnostics.length > 0 && (
        <details className="card" open={!checked.data.valid}>
          <summary>
            {plural(checked.data.diagnostics.length, checked.data.valid ? 'warning' : 'diagnostic')}
          </summary>
          <Diagnostics all={checked.data.diagnostics} />
        </details>
      )}
      <ProblemNote error={flow.error} title="The version could not be loaded" />
      <Tabs
        label="Views of the flow"
        panel="flow-panel"
        selected={tab}
        onSelect={(next) => setQuery({ tab: next === 'graph' ? undefined : next })}
        tabs={[
          { id: 'graph', label: 'Graph' },
          ...(may('operator') ? [{ id: 'start', label: 'Start' }] : []),
          { id: 'runs', label: 'Runs' },
          { id: 'versions', label: 'Versions', count: outlines.length },
          { id: 'json', label: 'JSON' },
        ]}
      />
      <TabPanel panel="flow-panel" selected={tab}>
        {tab === 'graph' &&
          (definition ? (
            <div className={selectedNode ? 'split' : ''}>
              <Suspense fallback={<Loading what="the graph" />}>
                <FlowGraph
                  definition={definition}
                  selected={node}
                  onSelect={(id) => setQuery({ node: id })}
                  label={`Graph of ${name}`}
                  height="min(68vh, 640px)"
                />
              </Suspense>
              {selectedNode && (
                <aside className="pane" aria-label={`Node ${selectedNode.id}`}>
                  <header className="pane-head">
                    <h2>
                      <bdi>{visibleText(selectedNode.id)}</bdi>
                    </h2>
                    <button type="button" className="quiet" onClick={() => setQuery({ node: undefined })}>
                      Close
                    </button>
                  </header>
                  <p className="dim">{selectedNode.type}</p>
                  <JsonView label={`Settings of ${selectedNode.id}`} value={selectedNode.data} open={3} />
                </aside>
              )}
            </div>
          ) : (
            !flow.error && <Loading what="the graph" />
          ))}
        {tab === 'start' && !may('operator') && (
          <Empty title="Starting runs needs a key with the role operator." />
        )}
        {tab === 'start' && may('operator') && definition && (
          <StartForm
            key={shown}
            flow={name}
            version={outline?.published ? undefined : shown}
            schema={definition.inputSchema}
          />
        )}
        {tab === 'runs' && <FlowRuns name={name} />}
        {tab === 'versions' && <Versions name={name} outlines={outlines} damaged={versions.data.damaged} />}
        {tab === 'json' && flow.data && (
          <section className="card">
            <JsonView label="Definition" value={flow.data.written ?? flow.data.definition} open={3} />
          </section>
        )}
      </TabPanel>
      {dialog === 'publish' && shown && (
        <PublishDialog name={name} version={shown} onClose={() => setDialog(undefined)} />
      )}
      {dialog === 'delete' && <DeleteDialog name={name} onClose={() => setDialog(undefined)} />}
    </>
  );
}

function FlowRuns({ name }: { name: string }) {
  const { query } = useRoute();
  const given = query.get('status');
  const status = isStatus(given) ? given : undefined;
  const runs = useRunList({ status, flow: name });
  return (
    <>
      <div className="filters">
        <div className="field inline">
          <label htmlFor="flow-status">Status</label>
          <select
            id="flow-status"
            value={status ?? ''}
            onChange={(event) => setQuery({ status: event.target.value || undefined })}
          >
            <option value="">all</option>
            {statuses.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
        <Link to={['runs']} query={{ status, filter: condition('flow', '=', name) }}>
          More filters
        </Link>
      </div>
      <RunTable
        key={status}
        runs={runs}
        hideFlow
        empty={<Empty title={`No ${status ? `${status} ` : ''}runs of this flow.`} />}
      />
    </>
  );
}

function DeleteDialog({ name, onClose }: { name: string; onClose(): void }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const remove = useMutation({
    mutationFn: () => client.delete('/v1/flows/{name}', { path: { name } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['flows'] });
      onClose();
      go(['flows']);
    },
  });
  return (
    <Dialog
      title={
        <>
          Delete the flow <bdi>{visibleText(name)}</bdi>
        </>
      }
      onClose={onClose}
      onSubmit={() => {
        if (typed === name) remove.mutate();
      }}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Keep the flow
          </button>
          <button type="submit" className="danger" disabled={typed !== name || remove.isPending}>
            Delete
          </button>
        </>
      }
    >
      <p>
        The flow is no longer listed and cannot be started. Its runs stay readable. A flow with unfinished
        runs cannot be deleted.
      </p>
      <div className="field">
        <label htmlFor="delete-name">Type the name of the flow</label>
        <input
          id="delete-name"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
        />
      </div>
      <ProblemNote error={remove.error} title="The flow was not deleted" />
    </Dialog>
  );
}
