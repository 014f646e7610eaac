import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { PawlError } from './client';
import type { Role } from './model/commands';
import { Link } from './router/link';
import { type Route, useRoute } from './router/route';
import { useSession } from './session';
import { changeSettings, type Theme, useSettings } from './settings';
import { Boundary } from './ui/boundary';
import { Dialog } from './ui/dialog';
import { FlowFilesBanner } from './ui/flow_files';
import { Icon } from './ui/icons';
import { Shortcuts } from './ui/keys';
import { lazyView } from './ui/lazy_view';
import { Empty, Loading, Note, ProblemNote } from './ui/notes';
import { ScopeButton } from './ui/scope_button';
import { ZoneSwitch } from './ui/time';
import { Overview } from './views/overview';
import { Runs } from './views/runs';

const RunPage = lazyView(() => import('./views/run').then((m) => m.RunPage));
const Flows = lazyView(() => import('./views/flows').then((m) => m.Flows));
const FlowPage = lazyView(() => import('./views/flow').then((m) => m.FlowPage));
const Editor = lazyView(() => import('./views/editor').then((m) => m.Editor));
const Jobs = lazyView(() => import('./views/jobs').then((m) => m.Jobs));
const JobPage = lazyView(() => import('./views/job').then((m) => m.JobPage));
const ServerPage = lazyView(() => import('./views/server').then((m) => m.ServerPage));
const WorkersPage = lazyView(() => import('./views/workers').then((m) => m.WorkersPage));

function page(route: Route): { title: string; view: ReactNode } {
  const [first, second, third] = route.path;
  switch (first) {
    case undefined:
    case 'overview':
      return { title: 'Overview', view: <Overview /> };
    case 'runs':
      return second === undefined
        ? { title: 'Runs', view: <Runs /> }
        : { title: `Run ${second}`, view: <RunPage key={second} id={second} /> };
    case 'flows':
      if (second === undefined) return { title: 'Flows', view: <Flows /> };
      if (third === 'edit') return { title: `Edit ${second}`, view: <Editor key={second} name={second} /> };
      return { title: `Flow ${second}`, view: <FlowPage key={second} name={second} /> };
    case 'new':
      return { title: 'New flow', view: <Editor /> };
    case 'jobs':
      return second === undefined
        ? { title: 'Jobs', view: <Jobs /> }
        : { title: `Job ${second}`, view: <JobPage key={second} id={second} /> };
    case 'workers':
      return { title: 'Workers and queues', view: <WorkersPage /> };
    case 'server':
      return { title: 'Server', view: <ServerPage /> };
    default:
      return {
        title: 'Not found',
        view: (
          <Empty page title="There is no such page.">
            <Link to={['runs']}>Go to the runs</Link>
          </Empty>
        ),
      };
  }
}

export function App() {
  const route = useRoute();
  const { title, view } = page(route);
  useEffect(() => {
    document.title = `${title} – Pawl`;
  }, [title]);
  const place = route.path.join('/');
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [place]);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Header route={route} />
      <ConnectionNote />
      <FlowFilesBanner />
      <main id="main" tabIndex={-1}>
        <Boundary key={place}>
          <Suspense fallback={<Loading what="the page" />}>{view}</Suspense>
        </Boundary>
      </main>
      <KeyDialog />
    </>
  );
}

const nav: [id: string, label: string, role: Role][] = [
  ['overview', 'Overview', 'reader'],
  ['runs', 'Runs', 'reader'],
  ['jobs', 'Jobs', 'reader'],
  ['flows', 'Flows', 'reader'],
  ['workers', 'Workers', 'reader'],
  ['server', 'Server', 'admin'],
];

function Header({ route }: { route: Route }) {
  const { may } = useSession();
  const current = route.path[0] ?? 'overview';
  return (
    <header className="top">
      <Link to={['overview']} className="brand">
        Pawl
      </Link>
      <nav aria-label="Main">
        {nav.map(
          ([id, label, role]) =>
            may(role) && (
              <Link
                key={id}
                to={[id]}
                aria-current={current === id || (id === 'flows' && current === 'new') ? 'page' : undefined}
              >
                {label}
              </Link>
            ),
        )}
      </nav>
      <div className="top-tools">
        <ScopeButton scope={route.scope} />
        <ZoneSwitch />
        <ThemeSwitch />
        <Shortcuts />
        <RoleNote />
      </div>
    </header>
  );
}

function RoleNote() {
  const { keyed, role, logOut } = useSession();
  const leave = useMutation({ mutationFn: logOut });
  if (!keyed) return null;
  return (
    <button
      type="button"
      className="quiet"
      title="Ends the session in all tabs of this browser"
      disabled={leave.isPending}
      onClick={() => leave.mutate()}
    >
      {leave.isError ? 'Not logged out: try again' : `Log out (${role})`}
    </button>
  );
}

function ThemeSwitch() {
  const { theme } = useSettings();
  const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
  const words: Record<Theme, string> = { system: 'System colours', light: 'Light', dark: 'Dark' };
  return (
    <button
      type="button"
      className="quiet"
      onClick={() => changeSettings({ theme: next[theme] })}
      aria-label={`Colours: ${words[theme]}`}
    >
      <Icon name="sun" /> {words[theme]}
    </button>
  );
}

function ConnectionNote() {
  const { client, feedState, feed, locked } = useSession();
  const ready = useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => client.get('/readyz', { signal }),
    refetchInterval: 15_000,
    retry: false,
  });
  if (locked) return null;
  if (feedState === 'lost')
    return (
      <div className="banner banner-bad" role="status">
        <Icon name="warning" /> Connection lost. What is shown may be out of date; it is renewed by itself
        when the server is back.
        <button type="button" onClick={() => feed.reconnect()}>
          Try now
        </button>
      </div>
    );
  if (ready.error && feedState === 'live')
    return (
      <div className="banner banner-bad" role="status">
        <Icon name="warning" /> The server is not ready: <span className="text">{ready.error.message}</span>
      </div>
    );
  if (ready.data?.quarantined_runs)
    return (
      <div className="banner banner-wait" role="status">
        <Icon name="warning" />{' '}
        {ready.data.quarantined_runs === 1 ? 'One run is' : `${ready.data.quarantined_runs} runs are`}{' '}
        quarantined: the process died of them. Retry them after the cause is fixed.
        <Link to={['runs']} query={{ status: 'failed' }}>
          Failed runs
        </Link>
      </div>
    );
  return null;
}

function KeyDialog() {
  const { locked, logIn } = useSession();
  const [key, setKey] = useState('');
  const attempt = useMutation({ mutationFn: logIn, onSuccess: () => setKey('') });
  if (!locked) return null;
  const text = key.trim();
  return (
    <Dialog
      title="API key"
      onSubmit={() => {
        if (text && !attempt.isPending) attempt.mutate(text);
      }}
      footer={
        <button type="submit" className="primary" disabled={!text || attempt.isPending}>
          Log in
        </button>
      }
    >
      <p>
        This server asks for an API key. An administrator creates one with{' '}
        <code>pawl keys add NAME --role reader</code>.
      </p>
      <div className="field">
        <label htmlFor="api-key">Key</label>
        <input
          id="api-key"
          data-autofocus
          type="password"
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby="key-hint"
        />
        <div id="key-hint" className="hints dim">
          Used once, to open a session of at most 12 hours.
        </div>
      </div>
      {attempt.error &&
        (attempt.error instanceof PawlError && attempt.error.status === 401 ? (
          <Note tone="bad" title="The server does not accept this key." />
        ) : (
          <ProblemNote error={attempt.error} title="The login failed" />
        ))}
    </Dialog>
  );
}
