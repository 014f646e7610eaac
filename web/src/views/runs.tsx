import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { attributeValue, knownAttributes } from '../model/attributes';
import { both, condition } from '../model/filter';
import { isStatus, statuses } from '../model/status';
import { Link } from '../router/link';
import { go, setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { changeSettings, useSettings } from '../settings';
import { Dialog } from '../ui/dialog';
import { FilterField } from '../ui/filter_field';
import { Empty } from '../ui/notes';
import { Tabs } from '../ui/tabs';
import { ErrorGroups } from './error_groups';
import { RunTable } from './run_table';
import { type RunOrder, type RunsWhere, useRunCounts, useRunList } from './use_runs';

const orders: [RunOrder, string][] = [
  ['newest', 'Newest first'],
  ['oldest', 'Oldest first'],
  ['finished_last', 'Last ended first'],
  ['finished_first', 'First ended first'],
];

/** The list of runs with its filters, or its failed runs grouped by error. All of it is in the URL. */
export function Runs() {
  const { client, may } = useSession();
  const { query } = useRoute();
  const status = query.get('status');
  const selected = isStatus(status) ? status : 'all';
  const flow = query.get('flow');
  // Links of older versions have the flow beside the filter.
  const filter = both(query.get('filter') ?? undefined, flow ? condition('flow', '=', flow) : undefined);
  const order = orders.map(([id]) => id).find((each) => each === query.get('order')) ?? 'newest';
  const grouped = selected === 'failed' && query.get('view') === 'errors';
  const counts = useRunCounts(filter);
  const flows = useQuery({
    queryKey: ['flows', 'names'],
    queryFn: ({ signal }) => client.get('/v1/flows', { query: { limit: 1000 }, signal }),
    staleTime: 30_000,
  });
  const [writing, setWriting] = useState(false);
  // No request has the attributes of a scope: those of the newest runs are offered.
  const newest = useQuery({
    queryKey: ['runs', 'attributes'],
    enabled: writing,
    queryFn: ({ signal }) => client.get('/v1/runs', { query: { limit: 200 }, signal }),
    staleTime: 30_000,
  });
  const vocabulary = useMemo(
    () => ({
      flows: flows.data?.flows.map((each) => each.name) ?? [],
      attributes: new Map(
        [...knownAttributes(newest.data?.runs ?? [])].map(([name, values]) => [
          name,
          values.map(attributeValue),
        ]),
      ),
    }),
    [flows.data, newest.data],
  );
  const tabs = [
    { id: 'all', label: 'All', count: counts.all },
    ...statuses.map((each) => ({
      id: each,
      label: each[0]!.toUpperCase() + each.slice(1),
      count: counts[each],
    })),
  ];
  return (
    <>
      <div className="page-head">
        <h1>Runs</h1>
        {may('operator') && (
          <Link className="button primary" to={['flows']} query={{ for: 'start' }}>
            Start a run…
          </Link>
        )}
      </div>
      <Tabs
        label="Status"
        panel="runs-panel"
        tabs={tabs}
        selected={selected}
        onSelect={(id) => setQuery({ status: id === 'all' ? undefined : id, view: undefined }, true)}
      />
      <div id="runs-panel" role="tabpanel" aria-labelledby={`runs-panel-${selected}`}>
        <div className="filters">
          <FilterField
            filter={filter}
            vocabulary={vocabulary}
            onFocus={() => setWriting(true)}
            onApply={(next) => setQuery({ filter: next || undefined, flow: undefined }, true)}
          />
          {!grouped && (
            <select
              aria-label="Order"
              value={order}
              onChange={(event) =>
                setQuery({ order: event.target.value === 'newest' ? undefined : event.target.value }, true)
              }
            >
              {orders.map(([id, label]) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          )}
          {selected === 'failed' && (
            <button
              type="button"
              className="chip-button"
              aria-pressed={grouped}
              onClick={() => setQuery({ view: grouped ? undefined : 'errors' }, true)}
            >
              Group by error
            </button>
          )}
          <SavedViews />
        </div>
        {grouped ? (
          <ErrorGroups key={filter} filter={filter} />
        ) : (
          <FilteredRuns
            key={`${selected} ${order} ${filter}`}
            where={{
              status: selected === 'all' ? undefined : selected,
              filter: filter || undefined,
              order: order === 'newest' ? undefined : order,
            }}
          />
        )}
      </div>
    </>
  );
}

function FilteredRuns({ where }: { where: RunsWhere }) {
  const runs = useRunList(where);
  return <RunTable runs={runs} empty={<NoRuns where={where} />} />;
}

function NoRuns({ where: { status, filter } }: { where: RunsWhere }) {
  if (status || filter)
    return (
      <Empty title={`No ${status ?? ''} run${filter ? ' fits the filter' : 's'}.`.replace('  ', ' ')}>
        <button type="button" onClick={() => go(['runs'])}>
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

function SavedViews() {
  const { views } = useSettings();
  const { query } = useRoute();
  const [saving, setSaving] = useState(false);
  const [name, setName] = useState('');
  const current = query.toString();
  const save = () => {
    if (!name.trim()) return;
    changeSettings({
      views: [...views.filter((view) => view.name !== name.trim()), { name: name.trim(), query: current }],
    });
    setSaving(false);
  };
  return (
    <div className="saved">
      {views.map((view) => (
        <span key={view.name} className="chip">
          <Link
            to={['runs']}
            query={Object.fromEntries(new URLSearchParams(view.query))}
            aria-current={view.query === current ? 'true' : undefined}
          >
            {view.name}
          </Link>
          <button
            type="button"
            className="quiet icon-only"
            aria-label={`Remove the view ${view.name}`}
            onClick={() => changeSettings({ views: views.filter((each) => each !== view) })}
          >
            ×
          </button>
        </span>
      ))}
      {current && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setName('');
            setSaving(true);
          }}
        >
          Save this view
        </button>
      )}
      {saving && (
        <Dialog
          title="Save this view"
          onClose={() => setSaving(false)}
          onSubmit={save}
          footer={
            <button type="submit" className="primary" disabled={!name.trim()}>
              Save
            </button>
          }
        >
          <p>Keeps the filters in this browser under a name.</p>
          <div className="field">
            <label htmlFor="view-name">Name</label>
            <input
              id="view-name"
              data-autofocus
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        </Dialog>
      )}
    </div>
  );
}
