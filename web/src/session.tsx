import { MutationCache, QueryCache, QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { Client, type EventDigest, PawlError } from './client';
import { Feed, type FeedState } from './live/feed';
import { readAgain } from './live/read_again';
import { mayDo, type Role, type Where } from './model/commands';
import { useRoute } from './router/route';

export interface Session {
  client: Client;
  feed: Feed;
  feedState: FeedState;
  role: Role;
  /** Whether the server asks for keys: the user is logged in with one. */
  keyed: boolean;
  /** The server answered 401: a key is needed, or the one given is not valid. */
  locked: boolean;
  may(needed: Role): boolean;
  /** Opens a session with the key. Error: the key is not valid, or the server is out of reach. */
  logIn(key: string): Promise<void>;
  logOut(): Promise<void>;
}

const Context = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error('no session');
  return session;
}

/** The API is beside the folder of the console: /ui/ and /v1/, below the same prefix. */
function apiBase(page: string = location.href): string {
  const url = new URL(page);
  url.hash = '';
  url.search = '';
  return new URL(url.pathname.replace(/[^/]*$/, '').endsWith('/ui/') ? '../' : './', url).href;
}

/**
 * Opens a session with a key. Returns whether the browser keeps its cookie: only over HTTPS or on this
 * machine, and not if the user forbids cookies.
 */
async function openSession(scope: string, key: string): Promise<boolean> {
  await new Client({ base: apiBase(), scope, key }).post('/v1/session');
  try {
    await new Client({ base: apiBase(), scope }).get('/v1/whoami');
    return true;
  } catch (error) {
    if (error instanceof PawlError && error.status === 401) return false;
    throw error;
  }
}

function retries(count: number, error: Error): boolean {
  return error instanceof PawlError && error.temporary && count < 2;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const { scope } = useRoute();
  // Only where the browser keeps no cookie of the session: without HTTPS and not on this machine.
  const [key, setKey] = useState<string>();
  const [logins, setLogins] = useState(0);
  const [locked, setLocked] = useState(false);
  const [feedState, setFeedState] = useState<FeedState>('connecting');

  const lockIfRefused = (error: Error) => {
    if (error instanceof PawlError && error.status === 401) setLocked(true);
  };
  const queries = useMemo(
    () =>
      new QueryClient({
        queryCache: new QueryCache({ onError: lockIfRefused }),
        mutationCache: new MutationCache({ onError: lockIfRefused }),
        defaultOptions: {
          queries: {
            retry: retries,
            networkMode: 'always',
            staleTime: 0,
            refetchOnWindowFocus: true,
            refetchIntervalInBackground: false,
          },
          mutations: { networkMode: 'always' },
        },
      }),
    // Another scope or key has other data: nothing is kept.
    [scope, key, logins],
  );
  // Observers of queries stay with the client that they began with, so the tree begins anew.
  const generation = useRef({ queries, id: 0 });
  if (generation.current.queries !== queries) generation.current = { queries, id: generation.current.id + 1 };
  const client = useMemo(() => new Client({ base: apiBase(), scope, key }), [scope, key, logins]);
  const feed = useMemo(() => new Feed(client), [client]);

  useEffect(() => {
    setFeedState(feed.state);
    const unlisten = feed.listen({
      state: setFeedState,
      gap: () => void readAgain(queries),
    });
    if (!locked) feed.start();
    return () => {
      unlisten();
      feed.close();
    };
  }, [feed, queries, locked]);

  return (
    <QueryClientProvider key={generation.current.id} client={queries}>
      <WithRole
        client={client}
        feed={feed}
        feedState={feedState}
        locked={locked}
        logIn={async (given) => {
          setKey((await openSession(scope, given)) ? undefined : given);
          setLogins((before) => before + 1);
          setLocked(false);
        }}
        logOut={async () => {
          await client.delete('/v1/session');
          setKey(undefined);
          setLogins((before) => before + 1);
        }}
      >
        {children}
      </WithRole>
    </QueryClientProvider>
  );
}

type Parts = Omit<Session, 'role' | 'may' | 'keyed'> & { children: ReactNode };

function WithRole({ children, ...parts }: Parts) {
  const who = useQuery({
    queryKey: ['whoami'],
    queryFn: ({ signal }) => parts.client.get('/v1/whoami', { signal }),
    enabled: !parts.locked,
    staleTime: Infinity,
  });
  // Until the server has answered, nothing is offered that it could refuse.
  const role: Role = who.data?.role ?? 'reader';
  const keyed = who.data !== undefined && who.data.authentication !== 'none';
  const session: Session = { ...parts, keyed, role, may: (needed) => mayDo(role, needed) };
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

/** How a command outside of the browser reaches the same server and scope. */
export function useWhere(): Where {
  const { client, keyed } = useSession();
  const { base, scope } = client.connection;
  return { base, scope, keyed };
}

/** Calls `listener` for each digest of the scope. The newest listener is used without a new subscription. */
export function useDigests(listener: (digest: EventDigest) => void): void {
  const { feed } = useSession();
  const current = useRef(listener);
  useEffect(() => {
    current.current = listener;
  });
  useEffect(() => feed.listen({ digest: (digest) => current.current(digest) }), [feed]);
}

/** The time, renewed while the page is visible. */
export function useNow(everyMs = 1000, active = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => {
      if (document.visibilityState !== 'hidden') setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, active]);
  return now;
}

/** Calls `action` at most once in `ms`, and once more at the end. */
export function useThrottled(action: () => void, ms: number): () => void {
  const state = useRef<{ timer?: ReturnType<typeof setTimeout> | undefined; last: number }>({ last: 0 });
  const current = useRef(action);
  useEffect(() => {
    current.current = action;
  });
  useEffect(() => () => clearTimeout(state.current.timer), []);
  return useMemo(
    () => () => {
      const s = state.current;
      if (s.timer !== undefined) return;
      const run = () => {
        s.timer = undefined;
        s.last = Date.now();
        current.current();
      };
      const wait = s.last + ms - Date.now();
      // The first of a burst is delayed a little, so that its companions come along.
      s.timer = setTimeout(run, Math.max(wait, 50));
    },
    [ms],
  );
}
