import { memo, useMemo, useState } from 'react';
import type { RunEvent } from '../client';
import { type EventGroup, eventGroups, eventText, groupOf, kindText } from '../model/events';
import { setQuery, useRoute } from '../router/route';
import { EventDialog } from './event_dialog';
import { visibleText } from './json_view';
import { At } from './time';
import { useNarrow } from './use_narrow';
import { VirtualList } from './virtual_list';

/** The events of a run: filtered by groups, node and text; filters are in the URL. */
export function EventList({
  run,
  events,
  version,
  node,
  onNode,
}: {
  run: string;
  events: readonly RunEvent[];
  version: number;
  node: string | undefined;
  onNode(id: string | undefined): void;
}) {
  const { query } = useRoute();
  const [open, setOpen] = useState<RunEvent>();
  const narrow = useNarrow();
  const chosen = (query.get('events') ?? '').split(',').filter(Boolean) as EventGroup[];
  const text = query.get('q') ?? '';
  const counts = useMemo(() => {
    const all = new Map<EventGroup, number>();
    for (const event of events) all.set(groupOf(event.kind), (all.get(groupOf(event.kind)) ?? 0) + 1);
    return all;
  }, [events, version]);
  const key = chosen.join(',');
  const shown = useMemo(() => {
    const needle = text.toLowerCase();
    if (chosen.length === 0 && !node && !needle) return events;
    return events.filter(
      (event) =>
        (chosen.length === 0 || chosen.includes(groupOf(event.kind))) &&
        (!node || event.node === node) &&
        (!needle ||
          `${event.kind} ${kindText(event.kind)} ${event.node} ${eventText(event)}`
            .toLowerCase()
            .includes(needle)),
    );
  }, [events, version, key, node, text]);
  const toggle = (group: EventGroup) => {
    const next = chosen.includes(group) ? chosen.filter((each) => each !== group) : [...chosen, group];
    setQuery({ events: next.join(',') || undefined });
  };
  return (
    <>
      <div className="filters">
        <div className="chips" role="group" aria-label="Kinds of events">
          {eventGroups
            .filter(({ id }) => counts.has(id))
            .map(({ id, label }) => (
              <button
                key={id}
                type="button"
                className="chip-button"
                aria-pressed={chosen.includes(id)}
                onClick={() => toggle(id)}
              >
                {label} <span className="count">{counts.get(id)}</span>
              </button>
            ))}
        </div>
        <div className="field inline grow">
          <label htmlFor="event-text">Find</label>
          <input
            id="event-text"
            data-search
            type="search"
            value={text}
            onChange={(event) => setQuery({ q: event.target.value || undefined })}
          />
        </div>
        {node && (
          <button type="button" className="quiet" onClick={() => onNode(undefined)}>
            Only <bdi>{visibleText(node)}</bdi> ×
          </button>
        )}
      </div>
      <p className="dim" role="status">
        {shown.length === events.length
          ? `${events.length} events`
          : `${shown.length} of ${events.length} events`}
      </p>
      {shown.length > 0 && (
        <VirtualList
          count={shown.length}
          rowHeight={narrow ? 50 : 30}
          height="min(65vh, 600px)"
          label="Events"
          row={(i) => <Row event={shown[i]!} onOpen={setOpen} />}
        />
      )}
      {open && <EventDialog run={run} event={open} onNode={onNode} onClose={() => setOpen(undefined)} />}
    </>
  );
}

/** Drawn again only for another event: scrolling draws no row that stays. */
const Row = memo(function Row({ event, onOpen }: { event: RunEvent; onOpen(event: RunEvent): void }) {
  return (
    <button type="button" className={`event event-${groupOf(event.kind)}`} onClick={() => onOpen(event)}>
      <span className="event-time dim">
        <At at={event.at} />
      </span>
      <span className="event-kind">{kindText(event.kind)}</span>
      <span className="event-node">
        <bdi>{visibleText(event.node)}</bdi>
        {event.visit > 1 ? ` #${event.visit}` : ''}
        {event.attempt > 1 ? `, attempt ${event.attempt}` : ''}
      </span>
      <span className="event-text">
        <bdi>{visibleText(eventText(event))}</bdi>
      </span>
    </button>
  );
});
