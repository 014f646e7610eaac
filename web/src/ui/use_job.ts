import { useQuery } from '@tanstack/react-query';
import { hasEnded } from '../model/jobs';
import { useSession } from '../session';

/** No event says how far a job is, so one that goes on is read again, by visible tabs only. */
export const jobEveryMs = 700;

/** A job, read again until it has ended. Without an id nothing is read. */
export function useJob(id: string | undefined) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['job', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => client.get('/v1/jobs/{id}', { path: { id: id! }, signal }),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : jobEveryMs),
  });
}
