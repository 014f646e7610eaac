import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import type { EventDigest } from '../client';
import { useDigests, useThrottled } from '../session';
import { readAgain } from './read_again';

/** Reads the queries below a key again when a digest concerns them, at most once in `everyMs`. */
export function useRenewed(
  queryKey: QueryKey,
  everyMs: number,
  isConcerned: (digest: EventDigest) => boolean,
): void {
  const queries = useQueryClient();
  const again = useThrottled(() => void readAgain(queries, { queryKey }), everyMs);
  useDigests((digest) => {
    if (isConcerned(digest)) again();
  });
}
