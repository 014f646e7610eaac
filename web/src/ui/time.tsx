import { absoluteText, durationText, relativeText } from '../model/time';
import { useNow } from '../session';
import { changeSettings, useSettings } from '../settings';

/** A relative time; the absolute one is in its tooltip, in both zones. */
export function Ago({ at }: { at: string | null | undefined }) {
  const { zone } = useSettings();
  const ms = at ? Date.parse(at) : NaN;
  const now = useNow(Date.now() - ms < 120_000 ? 1000 : 15_000);
  if (Number.isNaN(ms)) return <span className="dim">–</span>;
  const other = zone === 'utc' ? 'local' : 'utc';
  return (
    <time
      dateTime={at!}
      title={`${absoluteText(ms, zone)}\n${absoluteText(ms, other)}${other === 'local' ? ' local' : ''}`}
    >
      {relativeText(ms, now)}
    </time>
  );
}

/** An absolute time in the zone of the settings. */
export function At({ at, ms = true }: { at: string | number; ms?: boolean }) {
  const { zone } = useSettings();
  const value = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(value)) return <>{String(at)}</>;
  return (
    <time
      dateTime={new Date(value).toISOString()}
      title={absoluteText(value, zone === 'utc' ? 'local' : 'utc')}
    >
      {absoluteText(value, zone, ms)}
    </time>
  );
}

/** How long something took, or takes up to now. */
export function Took({
  from,
  to,
  frozen = false,
}: {
  from: string | null | undefined;
  to: string | null | undefined;
  frozen?: boolean;
}) {
  const now = useNow(1000, !to && !frozen);
  if (!from) return <span className="dim">–</span>;
  const ms = (to ? Date.parse(to) : now) - Date.parse(from);
  return <span className="num">{durationText(ms)}</span>;
}

export function ZoneSwitch() {
  const { zone } = useSettings();
  return (
    <button
      type="button"
      className="quiet"
      onClick={() => changeSettings({ zone: zone === 'utc' ? 'local' : 'utc' })}
      title="Times in UTC or in the time zone of this browser"
    >
      {zone === 'utc' ? 'UTC' : 'Local time'}
    </button>
  );
}
