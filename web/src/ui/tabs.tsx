import { type KeyboardEvent, type ReactNode, useRef } from 'react';

export interface Tab {
  id: string;
  label: ReactNode;
  /** A text is shown as it is. */
  count?: number | string | undefined;
}

/** Tabs with the arrow keys of the ARIA pattern. The panel has the id `panel`. */
export function Tabs({
  tabs,
  selected,
  onSelect,
  label,
  panel,
}: {
  tabs: Tab[];
  selected: string;
  onSelect(id: string): void;
  label: string;
  panel: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === selected);
    const next =
      event.key === 'ArrowRight'
        ? at + 1
        : event.key === 'ArrowLeft'
          ? at - 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? tabs.length - 1
              : undefined;
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length]!;
    onSelect(tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          data-tab={tab.id}
          id={`${panel}-${tab.id}`}
          aria-controls={panel}
          aria-selected={tab.id === selected}
          tabIndex={tab.id === selected ? 0 : -1}
          onClick={() => onSelect(tab.id)}
        >
          {tab.label}
          {tab.count !== undefined && (
            <span className="count">
              {typeof tab.count === 'number' ? tab.count.toLocaleString('en') : tab.count}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({
  panel,
  selected,
  children,
}: {
  panel: string;
  selected: string;
  children: ReactNode;
}) {
  return (
    <div id={panel} role="tabpanel" aria-labelledby={`${panel}-${selected}`} className="tab-panel">
      {children}
    </div>
  );
}
