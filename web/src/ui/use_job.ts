import { useQuery, useQueryClient } from '@tanstack/react-query';
import { readAgain } from '../live/read_again';
import { hasEnded } from '../model/jobs';
import { useDigests, useSession, useThrottled } from '../session';

/** Should the feed be interrupted, what is shown of an unfinished job is renewed after this time. */
export const jobFallbackMs = 15_000;

/** Calls `action` when the feed reports that a job has gone on: this one, or any. At most twice a second. */
export function useJobProgress(id: string | undefined, action: () => void): void {
  const again = useThrottled(action, 500);
  useDigests(({ jobs }) => {
    if (jobs.some((each) => id === undefined || each.job === id)) again();
  });
}

/** A job, renewed when the feed reports its progress. Without an id nothing is read. */
export function useJob(id: string | undefined) {
  const { client } = useSession();
  const queries = useQueryClient();
  useJobProgress(id ?? '', () => void readAgain(queries, { queryKey: ['job', id], exact: true }));
  return useQuery({
    queryKey: ['job', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => client.get('/v1/jobs/{id}', { path: { id: id! }, signal }),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : jobFallbackMs),
  });
}
