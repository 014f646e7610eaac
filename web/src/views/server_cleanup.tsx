import { useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { addPage, type CleanupTotals, cleanupText, rootRuns, sizeText } from '../model/cleanup';
import { curlText, programText } from '../model/commands';
import { plural } from '../model/words';
import { useSession, useWhere } from '../session';
import { ShellForms } from '../ui/command_parts';
import { Dialog } from '../ui/dialog';
import { Note, ProblemNote } from '../ui/notes';
import { newKey } from '../ui/request_key';

interface Done {
  age: string;
  dryRun: boolean;
  totals: CleanupTotals;
  isWhole: boolean;
  /** Of the store on disk, if it was compacted. */
  space?: { before: number; after: number };
}

/**
 * Deletes the runs that ended long enough ago: first counted, then confirmed. `retention`: what the
 * settings delete, in words; `mayCompact`: the key may compact the store, which frees its space at once.
 */
export function Cleanup({ retention, mayCompact }: { retention: string | undefined; mayCompact: boolean }) {
  const { client } = useSession();
  const where = useWhere();
  const queries = useQueryClient();
  const id = useId();
  const [age, setAge] = useState('30d');
  const [busy, setBusy] = useState<'counting' | 'deleting' | 'compacting'>();
  const [done, setDone] = useState<Done>();
  const [error, setError] = useState<unknown>();
  const [asking, setAsking] = useState(false);
  const stop = useRef(false);
  const given = age.trim();
  const older: Record<string, string> = given === '' ? {} : { older_than: given };

  const run = async (dryRun: boolean) => {
    stop.current = false;
    setAsking(false);
    setError(undefined);
    setDone(undefined);
    setBusy(dryRun ? 'counting' : 'deleting');
    let totals: CleanupTotals | undefined;
    try {
      for (let cursor: string | undefined; ; ) {
        const page = await client.post('/v1/cleanup', {
          query: { ...older, dry_run: dryRun, cursor },
          key: newKey(),
        });
        totals = addPage(totals, page);
        const isWhole = page.next === null;
        setDone({ age: given, dryRun, totals, isWhole });
        if (isWhole || stop.current) break;
        cursor = page.next ?? undefined;
      }
      if (!dryRun && totals.runs > 0 && mayCompact && !stop.current) {
        setBusy('compacting');
        const space = await client.post('/v1/store/compact', { key: newKey() });
        const sizes = { before: space.bytes_before, after: space.bytes_after };
        setDone((before) => before && { ...before, space: sizes });
      }
    } catch (problem) {
      setError(problem);
    }
    setBusy(undefined);
    if (!dryRun) {
      void queries.invalidateQueries({ queryKey: ['runs'] });
      void queries.invalidateQueries({ queryKey: ['stats'] });
    }
  };
  const counted = done?.dryRun && done.age === given && done.isWhole && !busy ? rootRuns(done.totals) : 0;
  const runs = plural(counted, 'run');
  const query = new URLSearchParams(older).toString();
  return (
    <section className="card" aria-label="Cleanup">
      <h2>Cleanup</h2>
      <p>
        Deletes runs of this scope that ended long enough ago, with their subflows, for good. Runs that are
        kept or still in use are left.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void run(true);
        }}
      >
        <div className="field">
          <label htmlFor={id}>Minimum time since the end of a run</label>
          <input
            id={id}
            value={age}
            placeholder="30d"
            disabled={busy !== undefined}
            onChange={(event) => setAge(event.target.value)}
            aria-describedby={`${id}-hint`}
          />
          <div id={`${id}-hint`} className="hints dim">
            12h, 30d. Empty: as the settings say{retention ? `: ${retention}` : ''}.
          </div>
        </div>
        <div className="row">
          <button type="submit" disabled={busy !== undefined}>
            Count (dry run)
          </button>
          {counted > 0 && (
            <button type="button" className="danger-quiet" onClick={() => setAsking(true)}>
              Delete {runs}…
            </button>
          )}
          {busy && busy !== 'compacting' && (
            <button type="button" onClick={() => (stop.current = true)}>
              Stop after this page
            </button>
          )}
        </div>
      </form>
      <div role="status">
        {busy === 'counting' && !done && <p className="dim">Counting…</p>}
        {busy === 'compacting' && <p className="dim">Compacting the store…</p>}
        {done && (
          <Note
            tone={busy ? 'busy' : done.dryRun ? 'info' : 'good'}
            title={cleanupText(done.totals, done.dryRun)}
          >
            {!done.isWhole && !busy && 'Stopped before the end. '}
            {done.space &&
              `The store took ${sizeText(done.space.before)} on disk and now takes ${sizeText(done.space.after)}.`}
          </Note>
        )}
      </div>
      <ProblemNote error={error} title="The cleanup did not end" command />
      <ShellForms
        curl={curlText(where, `/v1/cleanup${query ? `?${query}` : ''}`, {})}
        pawl={programText(where, 'gc', ...(given ? ['--older-than', given] : []))}
      />
      {asking && (
        <Dialog
          title={`Delete ${runs}`}
          onClose={() => setAsking(false)}
          onSubmit={() => void run(false)}
          footer={
            <>
              <button type="button" data-autofocus onClick={() => setAsking(false)}>
                Close
              </button>
              <button type="submit" className="danger">
                Delete for good
              </button>
            </>
          }
        >
          <p>
            Deletes these runs and their subflows with their input, data, history and signals, for good. Runs
            that have become old enough since they were counted are deleted, too.
          </p>
        </Dialog>
      )}
    </section>
  );
}
