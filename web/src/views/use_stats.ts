import { useQuery, useQueryClient } from '@tanstack/react-query';
import { changesSummary } from '../model/events';
import { useEvents, useSession, useThrottled } from '../session';

/** The counts of the scope, renewed when a run changes its status. */
export function useStats() {
  const { client } = useSession();
  const queries = useQueryClient();
  const stats = useQuery({
    queryKey: ['stats'],
    queryFn: ({ signal }) => client.get('/v1/stats', { signal }),
    refetchInterval: 30_000,
  });
  const again = useThrottled(() => void queries.invalidateQueries({ queryKey: ['stats'] }), 2000);
  useEvents((event) => {
    if (changesSummary(event.kind)) again();
  });
  return stats;
}
