import type { Client } from './client';
import type { FlowOutline } from './types';

const pageSize = 1000;

/** All versions of a flow, oldest first; `damaged`: why others could not be listed. */
export async function readVersions(
  client: Client,
  name: string,
  signal?: AbortSignal,
): Promise<{ versions: FlowOutline[]; damaged: string[] }> {
  const versions: FlowOutline[] = [];
  const damaged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.get('/v1/flows/{name}/versions', {
      path: { name },
      query: { limit: pageSize, ...(cursor ? { cursor } : {}) },
      ...(signal ? { signal } : {}),
    });
    versions.push(...page.versions);
    damaged.push(...(page.damaged ?? []));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { versions, damaged };
}
