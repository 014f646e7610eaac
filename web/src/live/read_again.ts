import type { QueryClient, QueryFilters } from '@tanstack/react-query';

/**
 * Reads queries again, because what they show has changed. A first answer that is under way may be older
 * than the change: that query is read again after it, which `invalidateQueries` alone does not do.
 */
export async function readAgain(queries: QueryClient, filters: QueryFilters = {}): Promise<void> {
  const firstReads = queries
    .getQueryCache()
    .findAll({ ...filters, fetchStatus: 'fetching' })
    .filter(({ state }) => state.data === undefined);
  void queries.invalidateQueries(filters);
  await Promise.allSettled(firstReads.map(({ promise }) => promise));
  for (const { queryKey } of firstReads) void queries.invalidateQueries({ queryKey, exact: true });
}
