import type { RunList, RunSummary } from '../client';

/**
 * Rows with the runs as they are now. `found` is the answer of a server that was asked for the runs `ids`:
 * those that it does not have are deleted, and so are their rows, unless the answer lacks any for another
 * reason.
 */
export function renewedRows(
  rows: readonly RunSummary[],
  ids: readonly string[],
  found: RunList,
): RunSummary[] {
  const now = new Map(found.runs.map((run) => [run.id, run]));
  const isWhole = !found.next && !found.damaged?.length;
  const deleted = new Set(isWhole ? ids.filter((id) => !now.has(id)) : []);
  return rows.filter((run) => !deleted.has(run.id)).map((run) => now.get(run.id) ?? run);
}
