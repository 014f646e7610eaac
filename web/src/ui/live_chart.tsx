import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clockText } from '../model/time';
import { useSession } from '../session';
import { isDark, useSettings } from '../settings';

/** Started, completed and failed runs, from the events that arrive while the console is open. */
export function LiveChart() {
  const { rates } = useSession();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const { theme, zone } = useSettings();
  const [dark, setDark] = useState(isDark);
  const [totals, setTotals] = useState({ started: 0, completed: 0, failed: 0 });
  const draw = () => {
    rates.advance();
    const { started, completed, failed } = rates.lines;
    plot.current?.setData([rates.times(), started, completed, failed]);
    setTotals({
      started: rates.total('started'),
      completed: rates.total('completed'),
      failed: rates.total('failed'),
    });
  };
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
            incrs: [60, 120, 300],
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
      [[], [], [], []],
      element,
    );
    plot.current = chart;
    draw();
    const timer = setInterval(() => {
      if (document.visibilityState !== 'hidden') draw();
    }, 1000);
    const resized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 180 }));
    resized.observe(element);
    return () => {
      clearInterval(timer);
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [rates, dark, theme, zone]);
  return (
    <>
      <ul className="legend">
        <li>
          <span className="line line-started" /> started: {totals.started}
        </li>
        <li>
          <span className="line line-completed" /> completed: {totals.completed}
        </li>
        <li>
          <span className="line line-failed" /> failed: {totals.failed}
        </li>
        <li className="dim">in the last 10 minutes</li>
      </ul>
      <div
        ref={box}
        className="chart"
        role="img"
        aria-label={`In the last 10 minutes: ${totals.started} started, ${totals.completed} completed, ${totals.failed} failed`}
      />
    </>
  );
}
