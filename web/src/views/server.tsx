import { useMutation, useQuery } from '@tanstack/react-query';
import { sizeText } from '../model/cleanup';
import { curlText, programText } from '../model/commands';
import { isObject } from '../model/definition';
import { durationText } from '../model/time';
import { plural } from '../model/words';
import { useSession, useWhere } from '../session';
import { ShellForms } from '../ui/command_parts';
import { visibleText } from '../ui/json_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { useRequestKey } from '../ui/request_key';
import { At } from '../ui/time';
import { Cleanup } from './server_cleanup';

/** What an admin does with the server: deletes old runs, makes backups. */
export function ServerPage() {
  const { client, may } = useSession();
  const who = useQuery({
    queryKey: ['whoami'],
    queryFn: ({ signal }) => client.get('/v1/whoami', { signal }),
    staleTime: Infinity,
  });
  const everyScope = who.data?.scopes.includes('*') ?? false;
  const config = useQuery({
    queryKey: ['config'],
    enabled: may('admin') && everyScope,
    queryFn: ({ signal }) => client.get('/v1/config', { signal }),
  });
  if (who.isPending) return <Loading what="the server" />;
  if (!may('admin')) return <Empty page title="This page needs a key with the role admin." />;
  const settings = isObject(config.data?.settings) ? config.data.settings : undefined;
  return (
    <>
      <div className="page-head">
        <h1>Server</h1>
      </div>
      <ProblemNote error={config.error} title="The settings could not be loaded" />
      <div className="columns">
        <Cleanup retention={settings && retentionText(settings)} mayCompact={everyScope} />
        <Backups dir={settings?.['backup.dir']} everyScope={everyScope} />
      </div>
    </>
  );
}

/** "completed runs after 7d, failed runs never, cancelled runs never" */
function retentionText(settings: Record<string, unknown>): string {
  return ['completed', 'failed', 'cancelled']
    .map((status) => {
      const ms = Number(settings[`retention.${status}_for_ms`] ?? 0);
      return `${status} runs ${ms > 0 ? `after ${durationText(ms)}` : 'never'}`;
    })
    .join(', ');
}

function Backups({ dir, everyScope }: { dir: unknown; everyScope: boolean }) {
  const { client } = useSession();
  const where = useWhere();
  const { key, refused } = useRequestKey('backup');
  const create = useMutation({
    mutationFn: () => client.post('/v1/backups', { key }),
    // The next backup is another request.
    onSuccess: refused,
    onError: refused,
  });
  return (
    <section className="card" aria-label="Backups">
      <h2>Backups</h2>
      {!everyScope ? (
        <p className="dim">A backup concerns the whole server and needs a key for every scope.</p>
      ) : dir === '' ? (
        <p>
          This server makes no backups: set <code>backup.dir</code> to a folder.
        </p>
      ) : (
        <>
          <p>
            Adds a backup of the store to the folder{' '}
            {typeof dir === 'string' ? (
              <code>{visibleText(dir)}</code>
            ) : (
              <>
                that <code>backup.dir</code> names
              </>
            )}
            , while runs go on. It has everything that was answered before. <code>pawl backup list</code> on
            the server's machine lists the backups.
          </p>
          <div className="row">
            <button type="button" disabled={create.isPending} onClick={() => create.mutate()}>
              {create.isPending ? 'Making a backup…' : 'Create a backup'}
            </button>
          </div>
          {create.data && (
            <div role="status">
              <Note tone="good" title={`Backup ${create.data.id} is complete and durable`}>
                {sizeText(create.data.bytes)} in {plural(create.data.files, 'file')},{' '}
                <At at={create.data.created_at} />.
              </Note>
            </div>
          )}
          <ProblemNote error={create.error} title="No backup was made" command />
          <ShellForms
            curl={curlText(where, '/v1/backups', {})}
            pawl={programText(where, 'backup', 'create')}
          />
        </>
      )}
    </section>
  );
}
