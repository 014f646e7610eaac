import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isStatus, statuses } from '../model/status';
import { Link } from '../router/link';
import { go, setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { changeSettings, useSettings } from '../settings';
import { Dialog } from '../ui/dialog';
import { visibleText } from '../ui/json_view';
import { Tabs } from '../ui/tabs';
import { RunTable } from './run_table';
import { useStats } from './use_stats';

/** The list of runs with its filters. */
export function Runs() {
  const { client } = useSession();
  const { query } = useRoute();
  const stats = useStats();
  const status = query.get('status');
  const flow = query.get('flow') ?? '';
  const text = query.get('q') ?? '';
  const flows = useQuery({
    queryKey: ['flows', 'names'],
    queryFn: ({ signal }) => client.get('/v1/flows', { query: { limit: 1000 }, signal }),
    staleTime: 30_000,
  });
  const total = stats.data ? statuses.reduce((sum, each) => sum + stats.data.runs[each], 0) : undefined;
  const tabs = [
    { id: 'all', label: 'All', count: flow ? undefined : total },
    ...statuses.map((each) => ({
      id: each,
      label: each[0]!.toUpperCase() + each.slice(1),
      count: flow ? undefined : stats.data?.runs[each],
    })),
  ];
  const selected = isStatus(status) ? status : 'all';
  return (
    <>
      <div className="page-head">
        <h1>Runs</h1>
        <Link className="button primary" to={['flows']}>
          Start a run…
        </Link>
      </div>
      <Tabs
        label="Status"
        panel="runs-panel"
        tabs={tabs}
        selected={selected}
        onSelect={(id) => setQuery({ status: id === 'all' ? undefined : id }, true)}
      />
      <div id="runs-panel" role="tabpanel" aria-labelledby={`runs-panel-${selected}`}>
        <div className="filters">
          <div className="field inline">
            <label htmlFor="filter-flow">Flow</label>
            <select
              id="filter-flow"
              value={flow}
              onChange={(event) => setQuery({ flow: event.target.value || undefined }, true)}
            >
              <option value="">All flows</option>
              {flow && !flows.data?.flows.some((each) => each.name === flow) && (
                <option value={flow}>{visibleText(flow)}</option>
              )}
              {flows.data?.flows.map((each) => (
                <option key={each.name} value={each.name}>
                  {visibleText(each.name)}
                </option>
              ))}
            </select>
          </div>
          <SearchBox text={text} />
          <SavedViews />
        </div>
        <RunTable
          key={`${selected} ${flow}`}
          status={selected === 'all' ? undefined : selected}
          flow={flow}
          text={text}
        />
      </div>
    </>
  );
}

function SearchBox({ text }: { text: string }) {
  const [value, setValue] = useState(text);
  useEffect(() => setValue(text), [text]);
  const id = value.trim();
  return (
    <form
      className="field inline grow"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (id) go(['runs', id]);
      }}
    >
      <label htmlFor="filter-text">Find</label>
      <input
        id="filter-text"
        data-search
        type="search"
        value={value}
        placeholder="id, flow or error among the loaded runs"
        onChange={(event) => {
          setValue(event.target.value);
          setQuery({ q: event.target.value || undefined });
        }}
        aria-describedby="find-hint"
      />
      <button type="submit" disabled={!id} title="Open the run with exactly this id">
        Open by id
      </button>
      <span id="find-hint" className="offscreen">
        Enter opens the run with exactly this id.
      </span>
    </form>
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
