import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { type Diagnostic, type Json, PawlError, parseJson, readVersions } from '../client';
import { isObject, isShortForm, readDefinition } from '../model/definition';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { go, useRoute } from '../router/route';
import { useSession } from '../session';
import type { EditorHandle } from '../ui/code_editor';
import { Diagnostics } from '../ui/diagnostics';
import { visibleText } from '../ui/json_view';
import { lazyView } from '../ui/lazy_view';
import { Empty, Loading, Note, ProblemNote } from '../ui/notes';
import { useRequestKey } from '../ui/request_key';

const FlowGraph = lazyView(() => import('../graph/flow_graph').then((m) => m.FlowGraph));
const LogicTrial = lazyView(() => import('./logic_trial').then((m) => m.LogicTrial));
const CodeEditor = lazyView(() => import('../ui/code_editor').then((m) => m.CodeEditor));

const template = {
  name: 'my flow',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'hello', type: 'task', data: { code_ref: 'core.echo', args: { greeting: 'hello' } } },
    { id: 'done', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'hello' },
    { source: 'hello', target: 'done' },
  ],
};

/** Writes a flow: the JSON beside its graph, diagnostics of the server under it. */
export function Editor({ name }: { name?: string }) {
  const { client, may } = useSession();
  const { query } = useRoute();
  const version = query.get('version') ?? undefined;
  const flow = useQuery({
    queryKey: ['flow', name, 'edit', version ?? ''],
    enabled: name !== undefined,
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: ({ signal }) =>
      client.get('/v1/flows/{name}', { path: { name: name! }, query: version ? { version } : {}, signal }),
  });
  const latest = useQuery({
    queryKey: ['flow', name, 'edit-latest'],
    enabled: name !== undefined,
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: ({ signal }) => readVersions(client, name!, signal),
  });
  if (!may('author')) return <Empty page title="Writing flows needs a key with the role author." />;
  if (name !== undefined && (flow.isPending || latest.isPending)) return <Loading what={`flow ${name}`} />;
  if (name !== undefined && (!flow.data || !latest.data))
    return <ProblemNote error={flow.error ?? latest.error} title="The flow could not be loaded" />;
  const definition = ordered(flow.data?.written ?? flow.data?.definition ?? template);
  return (
    <LoadedEditor
      name={name}
      from={flow.data?.version}
      base={latest.data?.versions.at(-1)?.version}
      initial={JSON.stringify(definition, null, 2)}
    />
  );
}

/** The keys of a definition in the order people write them; the server sorts them. */
export function ordered(definition: unknown): unknown {
  if (!isObject(definition)) return definition;
  const first = (value: Json | undefined, keys: string[]): Json | undefined => {
    if (!isObject(value)) return value;
    return Object.fromEntries(
      [...keys.filter((key) => key in value), ...Object.keys(value).filter((key) => !keys.includes(key))].map(
        (key) => [key, value[key]!],
      ),
    );
  };
  const each = (value: Json | undefined, keys: string[]) =>
    Array.isArray(value) ? value.map((item) => first(item, keys)!) : value;
  const result = first(definition, ['name', 'description', 'input_schema', 'nodes', 'edges']) as Record<
    string,
    Json
  >;
  if (result['nodes'] !== undefined) result['nodes'] = each(result['nodes'], ['id', 'type', 'data'])!;
  if (result['edges'] !== undefined) result['edges'] = each(result['edges'], ['source', 'target', 'data'])!;
  return result;
}

function LoadedEditor({
  name,
  from,
  base,
  initial,
}: {
  name: string | undefined;
  from: string | undefined;
  base: string | undefined;
  initial: string;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [text, setText] = useState(initial);
  const [checked, setChecked] = useState<{ text: string; diagnostics: Diagnostic[]; valid: boolean }>();
  /** Of the last valid text in the short form, with its edges. */
  const [longForm, setLongForm] = useState<Json>();
  const [checkError, setCheckError] = useState<unknown>();
  const [publish, setPublish] = useState(true);
  const [selected, setSelected] = useState<string>();
  const editor = useRef<EditorHandle>(null);
  const dirty = text !== initial;

  const parsed = useMemo((): { value?: Json; error?: string } => {
    try {
      return { value: parseJson(text) as Json };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }, [text]);
  // The last text that was JSON stays drawn while the next one is typed.
  const drawn = useRef<Json>(undefined);
  if (parsed.value !== undefined) drawn.current = parsed.value;
  const isShort = isShortForm(drawn.current);
  const definition = useMemo(
    () => readDefinition((isShort && longForm) || drawn.current),
    [parsed.value ?? drawn.current, isShort && longForm],
  );

  useEffect(() => {
    if (parsed.error !== undefined || !isObject(parsed.value)) {
      setChecked(undefined);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client
        .post('/v1/validate', { body: parsed.value as never, signal: abort.signal })
        .then((answer) => {
          setChecked({ text, diagnostics: answer.diagnostics, valid: answer.valid });
          if (answer.definition) setLongForm(answer.definition as Json);
          setCheckError(undefined);
        })
        .catch((error: unknown) => {
          if (abort.signal.aborted) return;
          if (error instanceof PawlError && error.diagnostics.length > 0)
            setChecked({ text, diagnostics: error.diagnostics, valid: false });
          else setCheckError(error);
        });
    }, 350);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, parsed, client]);

  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [dirty]);

  const byNode = useMemo(() => {
    const all = new Map<string, { errors: number; warnings: number }>();
    const nodes = nodesOf(drawn.current);
    for (const each of checked?.diagnostics ?? []) {
      const place = /^\/nodes\/(\d+)/.exec(each.pointer);
      const node = place ? nodes[Number(place[1])] : undefined;
      if (!isObject(node) || typeof node['id'] !== 'string') continue;
      const counts = all.get(node['id']) ?? { errors: 0, warnings: 0 };
      counts[each.severity === 'error' ? 'errors' : 'warnings'] += 1;
      all.set(node['id'], counts);
    }
    return all;
  }, [checked]);

  const { key, refused } = useRequestKey([text, publish]);
  const store = useMutation({
    mutationFn: () => {
      const body = parseJson(text) as never;
      return name !== undefined && base !== undefined
        ? client.put('/v1/flows/{name}', { path: { name }, query: { publish }, body, ifMatch: `"${base}"` })
        : client.post('/v1/flows', { query: { publish }, body, key });
    },
    onSuccess: (stored) => {
      void queries.invalidateQueries({ queryKey: ['flows'] });
      void queries.invalidateQueries({ queryKey: ['flow', stored.name] });
      go(['flows', stored.name], { version: stored.version });
    },
    onError: refused,
  });
  const diagnostics = checked?.diagnostics ?? noDiagnostics;
  const schema = useQuery({
    queryKey: ['flow-schema'],
    staleTime: Infinity,
    // Its media type is not that of the other answers.
    queryFn: async ({ signal }) => (await client.open('v1/schema/flow.json', {}, signal)).json(),
  });
  const nodeIds = definition.nodes.map((node) => node.id);
  const hints = { schema: isObject(schema.data) ? schema.data : undefined, nodes: nodeIds };
  const count = (severity: string) => diagnostics.filter((each) => each.severity === severity).length;
  const outdated = store.error instanceof PawlError && store.error.status === 412;
  const select = (id: string | undefined) => {
    setSelected(id);
    const nodes = nodesOf(drawn.current);
    const at = nodes.findIndex((node) => isObject(node) && node['id'] === id);
    if (id !== undefined && at >= 0) editor.current?.show(`/nodes/${at}`);
  };
  return (
    <>
      <nav aria-label="Breadcrumb" className="crumbs">
        <Link to={['flows']}>Flows</Link>
        {name !== undefined && (
          <>
            {' '}
            /{' '}
            <Link to={['flows', name]}>
              <bdi>{visibleText(name)}</bdi>
            </Link>
          </>
        )}
      </nav>
      <div className="page-head">
        <h1>
          {name === undefined ? (
            'New flow'
          ) : (
            <>
              Edit <bdi>{visibleText(name)}</bdi>
            </>
          )}
        </h1>
        {from && (
          <span className="dim">
            from version {from}
            {dirty ? ', changed' : ''}
          </span>
        )}
        <div className="commands" role="group" aria-label="Commands">
          <label className="check">
            <input type="checkbox" checked={publish} onChange={(event) => setPublish(event.target.checked)} />{' '}
            Publish
          </label>
          <button
            type="button"
            className="primary"
            disabled={store.isPending || parsed.error !== undefined || checked?.valid === false}
            onClick={() => store.mutate()}
          >
            {store.isPending ? 'Storing…' : name === undefined ? 'Store the flow' : 'Store as a new version'}
          </button>
        </div>
      </div>
      {outdated ? (
        <div role="alert">
          <Note
            tone="bad"
            title="Another version was stored meanwhile"
            action={
              <Link className="button" to={['flows', name ?? '']} query={{ tab: 'versions' }} target="_blank">
                See the versions
              </Link>
            }
          >
            Copy your text, then edit the newest version.
          </Note>
        </div>
      ) : (
        <ProblemNote error={store.error} title="The flow was not stored" command />
      )}
      <div className="editor-split">
        <div className="editor-side">
          <Suspense fallback={<Loading what="the editor" />}>
            <CodeEditor
              initial={initial}
              onChange={setText}
              diagnostics={diagnostics}
              hints={hints}
              handle={editor}
              label="Definition of the flow, JSON"
            />
          </Suspense>
          <div className="editor-status" role="status">
            {parsed.error !== undefined ? (
              <span className="severity-error">Not JSON yet: {parsed.error}</span>
            ) : !isObject(parsed.value) ? (
              <span className="severity-error">A flow is a JSON object.</span>
            ) : checked?.text !== text ? (
              <span className="dim">Checking…</span>
            ) : diagnostics.length === 0 ? (
              <span className="severity-good">No errors, no warnings.</span>
            ) : (
              <span className={checked.valid ? 'severity-warning' : 'severity-error'}>
                {plural(count('error'), 'error')}, {plural(count('warning'), 'warning')}
              </span>
            )}
            {isShort && checked?.valid === false && (
              <span className="dim"> The graph is drawn again when there are no errors.</span>
            )}
            <span className="dim"> Ctrl+Space offers keys and values. Esc, then Tab leaves the editor.</span>
          </div>
          {diagnostics.length > 0 && parsed.error === undefined && (
            <div className="editor-diagnostics" tabIndex={0} role="region" aria-label="Diagnostics">
              <Diagnostics all={diagnostics} onSelect={(each) => editor.current?.show(each.pointer)} />
            </div>
          )}
          <ProblemNote error={checkError} title="The flow could not be checked" />
        </div>
        <Suspense fallback={<Loading what="the graph" />}>
          <FlowGraph
            definition={definition}
            selected={selected}
            onSelect={select}
            diagnostics={byNode}
            label="Graph of the flow"
            height="min(74vh, 760px)"
          />
        </Suspense>
      </div>
      <Suspense fallback={null}>
        <LogicTrial draft={drawn.current} />
      </Suspense>
    </>
  );
}

const noDiagnostics: Diagnostic[] = [];

/** The nodes of a draft as they are, by their index. */
function nodesOf(draft: Json | undefined): Json[] {
  return isObject(draft) && Array.isArray(draft['nodes']) ? draft['nodes'] : [];
}
