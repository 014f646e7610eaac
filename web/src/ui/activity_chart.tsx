import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series } from '../client';
import { chartOf, type SeriesLine, spanText, totalOf } from '../model/series';
import { clockText } from '../model/time';
import { isDark, useSettings } from '../settings';

const lines: SeriesLine[] = ['started', 'completed', 'failed'];

/** Runs that started, completed and failed in each of the last minutes. */
export function ActivityChart({ series }: { series: Series }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const { theme, zone } = useSettings();
  const [dark, setDark] = useState(isDark);
  const span = spanText(series, (ms) => clockText(ms, zone).slice(0, 5));
  const totals = lines.map((line) => ({ line, total: totalOf(series, line) }));
  const current = useRef(series);
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setDark(isDark());
    changed();
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, [theme]);
  useEffect(() => {
    const element = box.current!;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--dim'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth || 600,
        height: 180,
        cursor: { show: false },
        legend: { show: false },
        tzDate: (ts) => (zone === 'utc' ? uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') : new Date(ts * 1000)),
        scales: { y: { range: (_, __, max) => [0, Math.max(5, Math.ceil(max * 1.1))] } },
        axes: [
          {
            ...axis,
            space: 90,
            values: (_, splits) => splits.map((at) => clockText(at * 1000, zone).slice(0, 5)),
            incrs: [60, 120, 300, 600, 1800, 3600],
          },
          { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
        ],
        series: [
          {},
          { label: 'started', stroke: colour('--accent'), width: 2, points: { show: false } },
          { label: 'completed', stroke: colour('--good'), width: 2, dash: [6, 4], points: { show: false } },
          { label: 'failed', stroke: colour('--bad'), width: 2, dash: [2, 3], points: { show: false } },
        ],
      },
      chartOf(current.current),
      element,
    );
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 180 }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [dark, theme, zone]);
  useEffect(() => {
    current.current = series;
    plot.current?.setData(chartOf(series));
  }, [series]);
  return (
    <>
      <ul className="legend">
        {totals.map(({ line, total }) => (
          <li key={line}>
            <span className={`line line-${line}`} /> {line}: {total.toLocaleString('en')}
          </li>
        ))}
        <li className="dim">{span}</li>
      </ul>
      <div
        ref={box}
        className="chart"
        role="img"
        aria-label={`Runs ${span}: ${totals.map(({ line, total }) => `${total} ${line}`).join(', ')}`}
      />
    </>
  );
}
