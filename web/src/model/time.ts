const units: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** A duration in at most two units: "1d 3h", "2.4s", "12ms". */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  if (ms < 0) return '0s';
  if (ms < 1) return '<1ms';
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2).replace(/\.?0+$/, '')}s`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1).replace(/\.0$/, '')}s`;
  // Rounded down: "in 59s" never says a minute.
  const rounded = Math.floor(ms / 1000) * 1000;
  for (let i = 0; i < units.length - 1; ++i) {
    const [name, size] = units[i]!;
    if (rounded < size) continue;
    const [next, nextSize] = units[i + 1]!;
    const rest = Math.floor((rounded % size) / nextSize);
    return `${Math.floor(rounded / size)}${name}` + (rest > 0 ? ` ${rest}${next}` : '');
  }
  return `${Math.floor(rounded / 1000)}s`;
}

/** "3min ago", "in 2d 3h": what is to come in a day or an hour is said with a second unit. */
export function relativeText(at: number, now: number): string {
  const difference = now - at;
  if (Math.abs(difference) < 2000) return 'now';
  const text = durationText(Math.abs(difference)).replace(/\.\d+s/, 's');
  const [first] = text.split(' ');
  if (difference > 0) return `${first} ago`;
  return /\d[dh]/.test(text) ? `in ${text}` : `in ${first}`;
}

/** "59min left", "2d 3h left": whole minutes, for what is renewed each minute. Empty if the time has passed. */
export function leftText(until: number, now: number): string {
  const ms = until - now;
  if (!(ms > 0)) return '';
  return `${ms < 60_000 ? '<1min' : durationText(Math.floor(ms / 60_000) * 60_000)} left`;
}

export type Zone = 'local' | 'utc';

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** "2026-01-31 09:30:00.250" in the zone. */
export function absoluteText(at: number, zone: Zone, withMs = true): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  if (zone === 'utc')
    return (
      date
        .toISOString()
        .replace('T', ' ')
        .slice(0, withMs ? 23 : 19) + ' UTC'
    );
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time}${withMs ? '.' + pad(date.getMilliseconds(), 3) : ''}`;
}

/** "09:30:00.250". */
export function clockText(at: number, zone: Zone): string {
  return absoluteText(at, zone).slice(11, 23);
}
