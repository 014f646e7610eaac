import { useEffect, useState } from 'react';
import { go } from '../router/route';
import { changeSettings, settings, useSettings } from '../settings';
import { Dialog } from './dialog';

const places: Record<string, string[]> = {
  o: ['overview'],
  r: ['runs'],
  f: ['flows'],
  w: ['workers'],
  b: ['jobs'],
  s: ['server'],
  e: ['new'],
};

export const shortcuts: [string, string][] = [
  ['/', 'Search or filter the page'],
  ['j, k', 'Next or previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['g then o, r, b, f, w, s', 'Go to Overview, Runs, Jobs (bulk), Flows, Workers, Server'],
  ['g then e', 'Write a new flow'],
  ['?', 'Show this list'],
  ['Esc', 'Close a dialog; leave the search'],
];

function isTyping(target: EventTarget | null): boolean {
  const element = target instanceof HTMLElement ? target : null;
  if (!element) return false;
  if (element.shadowRoot) return true;
  return (
    element.isContentEditable ||
    (['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName) &&
      (element as HTMLInputElement).type !== 'checkbox')
  );
}

function move(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next =
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))]!;
  const focus = next.matches('a,button') ? next : next.querySelector<HTMLElement>('[data-row-link]');
  focus?.focus();
  next.scrollIntoView({ block: 'nearest' });
}

/** The shortcuts of all pages, and their help. */
export function Shortcuts() {
  const [help, setHelp] = useState(false);
  const { shortcuts: enabled } = useSettings();
  useEffect(() => {
    let prefix = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (
        event.key === 'Escape' &&
        isTyping(event.target) &&
        (event.target as HTMLElement).matches('[data-search]')
      ) {
        // The browser would clear the text; the rows that it found shall stay.
        event.preventDefault();
        return (event.target as HTMLElement).blur();
      }
      if (!settings().shortcuts || isTyping(event.target) || document.querySelector('dialog[open]')) return;
      const isSecond = Date.now() - prefix < 1500;
      prefix = 0;
      if (isSecond && places[event.key]) {
        event.preventDefault();
        return go(places[event.key]!);
      }
      switch (event.key) {
        case '/': {
          const search = document.querySelector<HTMLInputElement>('[data-search]');
          if (search) {
            event.preventDefault();
            search.focus();
            search.select();
          }
          return;
        }
        case 'j':
          return move(1);
        case 'k':
          return move(-1);
        case 'x': {
          const box = document.activeElement
            ?.closest('[data-row]')
            ?.querySelector<HTMLInputElement>('input[type=checkbox]');
          box?.click();
          return;
        }
        case 'g':
          prefix = Date.now();
          return;
        case '?':
          event.preventDefault();
          setHelp(true);
          return;
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button type="button" className="quiet" onClick={() => setHelp(true)} aria-keyshortcuts="?">
        Shortcuts <kbd>?</kbd>
      </button>
      {help && (
        <Dialog title="Keyboard shortcuts" onClose={() => setHelp(false)}>
          <dl className="shortcuts">
            {shortcuts.map(([key, text]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          <label className="check">
            <input
              type="checkbox"
              checked={enabled}
              onChange={(event) => changeSettings({ shortcuts: event.target.checked })}
            />{' '}
            Shortcuts of single keys are on
          </label>
        </Dialog>
      )}
    </>
  );
}
