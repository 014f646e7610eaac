import { useQuery } from '@tanstack/react-query';
import { Component, type ReactNode, useEffect } from 'react';
import { PawlError } from '../client';
import { go } from '../router/route';
import { useSession } from '../session';
import { CodeMissing } from './lazy_view';
import { Note } from './notes';

/** A fault in one view leaves the rest of the console usable. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    if (error instanceof CodeMissing) return <MissingCode error={error} />;
    return (
      <Note
        tone="bad"
        title="This page could not be drawn"
        action={
          <button type="button" onClick={() => this.setState({ error: undefined })}>
            Draw it again
          </button>
        }
      >
        <p className="text">{error.message}</p>
        <button type="button" className="quiet" onClick={() => go(['runs'])}>
          Go to the runs
        </button>
      </Note>
    );
  }
}

/** Reloads the page as soon as the server answers; the route is in the fragment and stays. */
function MissingCode({ error }: { error: CodeMissing }) {
  const { client } = useSession();
  const reachable = useQuery({
    queryKey: ['reachable'],
    queryFn: async ({ signal }) => {
      try {
        await client.get('/readyz', { signal });
      } catch (problem) {
        // Any answer but that of a gateway comes from the server.
        if (!(problem instanceof PawlError) || problem.status === 0) throw problem;
      }
      return true;
    },
    gcTime: 0,
    retry: true,
    retryDelay: 1000,
  });
  useEffect(() => {
    if (reachable.data && mayReload()) location.reload();
  }, [reachable.data]);
  return (
    <Note
      tone="bad"
      title="This page could not be loaded"
      action={
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      }
    >
      <p className="text">
        {reachable.data ? error.message : 'The server cannot be reached. The page appears when it is back.'}
      </p>
    </Note>
  );
}

const reloadedAt = 'pawl.reloaded_at';
const minReloadGapMs = 60_000;

/** Whether the page may reload by itself: a file that stays missing must not make it reload for ever. */
function mayReload(): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(reloadedAt)) < minReloadGapMs) return false;
    sessionStorage.setItem(reloadedAt, String(Date.now()));
    return true;
  } catch {
    // Without storage it could not be known; the button is left.
    return false;
  }
}
