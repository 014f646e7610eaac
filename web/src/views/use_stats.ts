import { useQuery, useQueryClient } from '@tanstack/react-query';
import { changesCounts } from '../model/digest';
import { useDigests, useSession, useThrottled } from '../session';

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
  useDigests((digest) => {
    if (changesCounts(digest)) again();
  });
  return stats;
}
