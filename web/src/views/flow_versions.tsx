import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { FlowOutline } from '../client';
import { diffLines, shortDiff } from '../model/diff';
import { Link } from '../router/link';
import { setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { Dialog } from '../ui/dialog';
import { visibleText } from '../ui/json_view';
import { DamagedNote, ProblemNote } from '../ui/notes';
import { useRequestKey } from '../ui/request_key';
import { Ago } from '../ui/time';
import { useVersion } from './use_version';

export function Versions({
  name,
  outlines,
  damaged,
}: {
  name: string;
  outlines: FlowOutline[];
  damaged: readonly string[];
}) {
  const { may } = useSession();
  const { query } = useRoute();
  const newest = [...outlines].reverse();
  const right = query.get('to') ?? newest[0]?.version;
  const left = query.get('from') ?? newest[1]?.version ?? right;
  const [publish, setPublish] = useState<string>();
  const a = useVersion(name, left);
  const b = useVersion(name, right);
  const lines = useMemo(
    () =>
      a.data && b.data
        ? diffLines(JSON.stringify(a.data.definition, null, 2), JSON.stringify(b.data.definition, null, 2))
        : undefined,
    [a.data, b.data],
  );
  const [whole, setWhole] = useState(false);
  const shown = lines && (whole ? lines : shortDiff(lines));
  const changed = lines?.some((line) => line.sign !== ' ');
  return (
    <div className="columns versions">
      <section className="card">
        <h2>Versions</h2>
        <DamagedNote what="version" damaged={damaged} />
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Stored</th>
              <th scope="col">
                <span className="offscreen">State</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {newest.map((each) => (
              <tr key={each.version} data-row>
                <td>
                  <Link to={['flows', name]} query={{ version: each.version }} data-row-link>
                    {each.version}
                  </Link>
                </td>
                <td>
                  <Ago at={each.created_at} />
                </td>
                <td>
                  {each.published ? (
                    <strong>published</strong>
                  ) : (
                    may('author') && (
                      <button type="button" className="small" onClick={() => setPublish(each.version)}>
                        Publish<span className="offscreen"> {each.version}</span>
                      </button>
                    )
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section className="card">
        <h2>Differences</h2>
        {outlines.length < 2 ? (
          <p className="dim">There is one version only.</p>
        ) : (
          <div className="filters">
            {(
              [
                ['from', left],
                ['to', right],
              ] as const
            ).map(([which, value]) => (
              <div className="field inline" key={which}>
                <label htmlFor={`diff-${which}`}>{which === 'from' ? 'From' : 'To'}</label>
                <select
                  id={`diff-${which}`}
                  value={value ?? ''}
                  onChange={(event) => setQuery({ [which]: event.target.value })}
                >
                  {newest.map((each) => (
                    <option key={each.version}>{each.version}</option>
                  ))}
                </select>
              </div>
            ))}
            <label className="check">
              <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.target.checked)} />{' '}
              Show all lines
            </label>
          </div>
        )}
        {outlines.length > 1 && lines && !changed && <p className="dim">The definitions are equal.</p>}
        {outlines.length > 1 && shown && changed && (
          <pre className="diff" tabIndex={0} aria-label={`Differences from ${left} to ${right}`}>
            {shown.map((line, i) => (
              <div key={i} className={line.sign === '+' ? 'added' : line.sign === '-' ? 'removed' : ''}>
                <span className="diff-sign">{line.sign}</span>
                {visibleText(line.text)}
                {'\n'}
              </div>
            ))}
          </pre>
        )}
      </section>
      {publish && <PublishDialog name={name} version={publish} onClose={() => setPublish(undefined)} />}
    </div>
  );
}

export function PublishDialog({
  name,
  version,
  onClose,
}: {
  name: string;
  version: string;
  onClose(): void;
}) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { key, refused } = useRequestKey([name, version]);
  const publish = useMutation({
    mutationFn: () => client.post('/v1/flows/{name}/publish', { path: { name }, body: { version }, key }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['flow', name, 'versions'] });
      void queries.invalidateQueries({ queryKey: ['flows'] });
      onClose();
    },
    onError: refused,
  });
  return (
    <Dialog
      title={
        <>
          Publish <bdi>{visibleText(name)}</bdi>@{version}
        </>
      }
      onClose={onClose}
      onSubmit={() => publish.mutate()}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" data-autofocus disabled={publish.isPending}>
            Publish
          </button>
        </>
      }
    >
      <p>Starts that name no version use {version} from now on. Runs that have started keep their version.</p>
      <ProblemNote error={publish.error} title="The version was not published" command />
    </Dialog>
  );
}
