import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { readDefinition } from '../model/definition';
import { useSession } from '../session';

/** A version of a flow; nothing is asked until it is known. A version never changes. */
export function useVersion(flow: string | undefined, version: string | undefined) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['flow', flow, version],
    queryFn: ({ signal }) =>
      client.get('/v1/flows/{name}/versions/{version}', { path: { name: flow!, version: version! }, signal }),
    enabled: flow !== undefined && version !== undefined,
    staleTime: Infinity,
  });
}

export function useDefinition(flow: string | undefined, version: string | undefined) {
  const { data, error } = useVersion(flow, version);
  const definition = useMemo(() => data && readDefinition(data.definition), [data]);
  return { definition, error };
}
