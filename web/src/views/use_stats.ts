import { useQuery } from '@tanstack/react-query';
import { useRenewed } from '../live/use_renewed';
import { changesCounts } from '../model/digest';
import { useSession } from '../session';

/** The counts of the scope, renewed when a run changes its status. */
export function useStats() {
  const { client } = useSession();
  const stats = useQuery({
    queryKey: ['stats'],
    queryFn: ({ signal }) => client.get('/v1/stats', { signal }),
    refetchInterval: 30_000,
  });
  useRenewed(['stats'], 2000, changesCounts);
  return stats;
}
