import type { RunSummary } from '../client';
import { both, condition } from './filter';

/** The failed runs with an error of one type at one node, as `pawl runs errors` groups them. */
export interface ErrorGroup {
  type: string;
  /** Empty if the error is not one of a node. */
  node: string;
  count: number;
  newest: RunSummary;
}

/** Groups of failed runs, the largest first, then by type and node. `runs`: the newest first. */
export function groupErrors(runs: readonly RunSummary[]): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>();
  for (const run of runs) {
    if (!run.error) continue;
    const { type, node } = run.error;
    const key = JSON.stringify([type, node]);
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { type, node, count: 1, newest: run });
  }
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...groups.values()].sort(
    (a, b) => b.count - a.count || order(a.type, b.type) || order(a.node, b.node),
  );
}

/** The filter that selects the failed runs of a group. */
export function groupFilter(group: ErrorGroup): string {
  return both(
    condition('error', '=', group.type),
    group.node ? condition('node', '=', group.node) : undefined,
  );
}
