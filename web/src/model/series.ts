import type { Series } from '../client';

export type SeriesLine = 'started' | 'completed' | 'failed';

/** The lines of a chart: the beginnings of the minutes in seconds since 1970, and a number for each. */
export function chartOf(series: Series): [number[], number[], number[], number[]] {
  const from = Date.parse(series.from) / 1000;
  return [series.started.map((_, i) => from + i * 60), series.started, series.completed, series.failed];
}

export function totalOf(series: Series, line: SeriesLine): number {
  return series[line].reduce((sum, each) => sum + each, 0);
}

/** "in the last 60 minutes", or since when if the server was started later. */
export function spanText(series: Series, clock: (ms: number) => string): string {
  const since = Date.parse(series.since);
  return since > Date.parse(series.from)
    ? `since the server was started at ${clock(since)}`
    : `in the last ${series.started.length} minutes`;
}
