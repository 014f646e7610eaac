// Routes live in the fragment: they work below any path prefix and never reach a server or its logs.
//   #/runs?status=failed        the scope `default`
//   #/~team-a/runs/order-17     another scope
import { useSyncExternalStore } from 'react';

export interface Route {
  scope: string;
  /** Decoded segments: ['runs', 'order-17']. */
  path: string[];
  query: URLSearchParams;
}

/** Whether the server accepts the text as the name of a scope. */
export function isScope(text: string): boolean {
  return /^[A-Za-z0-9._:-]{1,128}$/.test(text);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  let scope = 'default';
  if (parts[0]?.startsWith('~')) {
    const name = parts.shift()!.slice(1);
    if (isScope(name)) scope = name;
  }
  return { scope, path: parts, query: new URLSearchParams(query) };
}

/** The fragment of a place. `path` holds undecoded segments. */
export function hrefOf(
  scope: string,
  path: readonly string[],
  query: Record<string, string | undefined> = {},
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, value);
  const text = parameters.toString();
  const prefix = scope === 'default' ? '' : `/~${encodeURIComponent(scope)}`;
  return `#${prefix}/${path.map(encodeURIComponent).join('/')}${text ? '?' + text : ''}`;
}

export function currentRoute(): Route {
  return parseRoute(location.hash);
}

const listeners = new Set<() => void>();
const notify = () => {
  for (const each of listeners) each();
};
if (typeof window !== 'undefined') {
  window.addEventListener('hashchange', notify);
  window.addEventListener('popstate', notify);
}

let cached: { hash: string; route: Route } | undefined;

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.hash,
  );
  if (cached?.hash !== hash) cached = { hash, route: parseRoute(hash) };
  return cached!.route;
}

export function go(path: readonly string[], query?: Record<string, string | undefined>): void {
  location.hash = hrefOf(currentRoute().scope, path, query);
}

/** Changes parameters of the query. Without `push` the entry of the history is replaced. */
export function setQuery(changes: Record<string, string | undefined>, push = false): void {
  const route = currentRoute();
  const query: Record<string, string | undefined> = Object.fromEntries(route.query);
  Object.assign(query, changes);
  const href = hrefOf(route.scope, route.path, query);
  if (href === location.hash) return;
  if (push) history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  notify();
}
