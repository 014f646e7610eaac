import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hrefOf, isScope } from '../router/route';
import { useSession } from '../session';
import { Dialog } from './dialog';
import { Loading, ProblemNote } from './notes';

/** Names that are offered at once: a page of the server. */
const most = 1000;

/** The scope that is shown, and a dialog that goes to another one. */
export function ScopeButton({ scope }: { scope: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="quiet"
        onClick={() => setOpen(true)}
        title="Flows, runs and workers of other scopes are not shown"
      >
        Scope: {scope}
      </button>
      {open && <ScopeDialog scope={scope} onClose={() => setOpen(false)} />}
    </>
  );
}

function ScopeDialog({ scope, onClose }: { scope: string; onClose(): void }) {
  const { client } = useSession();
  const [name, setName] = useState('');
  const scopes = useQuery({
    queryKey: ['scopes'],
    queryFn: ({ signal }) => client.get('/v1/scopes', { query: { limit: most }, signal }),
  });
  const all = scopes.data?.scopes ?? [];
  const shown = all.filter((each) => each.includes(name.trim()));
  const chosen = name.trim();
  const valid = isScope(chosen) && (scopes.data?.any !== false || all.includes(chosen));
  const goTo = (to: string) => {
    onClose();
    location.hash = hrefOf(to, ['runs']);
  };
  return (
    <Dialog
      title="Scope"
      onClose={onClose}
      onSubmit={() => {
        if (valid) goTo(chosen);
      }}
      footer={
        <>
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" disabled={!valid}>
            Go to the scope
          </button>
        </>
      }
    >
      <p>A scope (namespace, tenant) has its own flows, runs, keys and queues.</p>
      <div className="field">
        <label htmlFor="scope-name">Name of the scope</label>
        <input
          id="scope-name"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-invalid={chosen === '' || valid ? undefined : true}
          aria-describedby="scope-hint"
        />
        <div id="scope-hint" className="hints dim">
          {scopes.data?.any === false
            ? 'One of those that your key names'
            : 'One of these, or another: letters, digits, and . _ : -'}
        </div>
      </div>
      {scopes.isPending && <Loading what="the scopes" />}
      <ProblemNote error={scopes.error} title="The scopes could not be loaded" />
      {shown.length > 0 && (
        <ul className="plain scope-list" aria-label="Scopes">
          {shown.map((each) => (
            <li key={each}>
              <button
                type="button"
                className="link-row"
                aria-current={each === scope ? 'true' : undefined}
                onClick={() => goTo(each)}
              >
                {each}
              </button>
            </li>
          ))}
        </ul>
      )}
      {scopes.data?.next && <p className="dim">Only the first {most.toLocaleString('en')} are offered.</p>}
    </Dialog>
  );
}
