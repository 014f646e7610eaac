import { useSyncExternalStore } from 'react';
import type { Zone } from './model/time';

export type Theme = 'system' | 'light' | 'dark';

/** What a user prefers. Kept in the browser; holds nothing secret. */
export interface Settings {
  theme: Theme;
  zone: Zone;
  shortcuts: boolean;
  views: { name: string; query: string }[];
}

const name = 'pawl.console';
const defaults: Settings = { theme: 'system', zone: 'local', shortcuts: true, views: [] };

function load(): Settings {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(name) ?? '{}');
    return { ...defaults, ...(stored as Partial<Settings>) };
  } catch {
    return defaults;
  }
}

let current = load();
const listeners = new Set<() => void>();

export function applyTheme(): void {
  const root = document.documentElement;
  if (current.theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = current.theme;
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(name, JSON.stringify(current));
  } catch {
    /* Private mode: kept until the page closes. */
  }
  applyTheme();
  for (const each of listeners) each();
}

export function useSettings(): Settings {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

export function settings(): Settings {
  return current;
}

export function isDark(): boolean {
  return (
    current.theme === 'dark' ||
    (current.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  );
}
