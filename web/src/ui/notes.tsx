import type { ReactNode } from 'react';
import { PawlError } from '../client';
import type { Mistake } from '../model/filter';
import { pointerIn } from '../model/refusal';
import { plural } from '../model/words';
import { Icon, type IconName } from './icons';
import { visibleText } from './json_view';

export function Note({
  tone,
  title,
  children,
  action,
}: {
  tone: 'bad' | 'wait' | 'info' | 'good' | 'busy' | 'neutral';
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const icons: Record<typeof tone, IconName> = {
    bad: 'failed',
    wait: 'waiting',
    info: 'info',
    good: 'completed',
    busy: 'running',
    neutral: 'info',
  };
  return (
    <div className={`note note-${tone}`}>
      <Icon name={icons[tone]} />
      <div className="note-text">
        <div className="note-title">{title}</div>
        {children && <div className="note-more">{children}</div>}
      </div>
      {action && <div className="note-action">{action}</div>}
    </div>
  );
}

/**
 * Why a request failed, with its diagnostics. `command`: it may have taken effect although no answer
 * came, and is repeated only by the user. `form`: the member of the request, such as '/input', whose
 * diagnostics a form shows at its fields; they are not repeated.
 */
export function ProblemNote({
  error,
  title,
  command = false,
  form,
}: {
  error: unknown;
  title: string;
  command?: boolean;
  form?: string;
}) {
  const problem = error instanceof PawlError ? error : undefined;
  // Without a valid key the login dialog is open, and what failed is read again after it.
  if (!error || problem?.status === 401) return null;
  const all = problem?.diagnostics ?? [];
  const listed = all.filter((each) => form === undefined || pointerIn(each, form) === undefined);
  const inForm = listed.length < all.length;
  const detail = inForm
    ? 'Correct the marked fields.'
    : error instanceof Error
      ? error.message
      : String(error);
  const unreachable = command
    ? 'It is unknown whether this took effect. Send it again: it is executed once.'
    : 'It is tried again by itself.';
  return (
    <div role="alert">
      <Note tone="bad" title={problem?.status === 0 ? 'The server cannot be reached' : title}>
        <p className="text">{problem?.status === 0 ? unreachable : detail}</p>
        {listed.length > 0 && (
          <ul className="plain">
            {listed.slice(0, 20).map((each, i) => (
              <li key={i}>
                {each.pointer && <code>{each.pointer}</code>} <span className="text">{each.message}</span>
              </li>
            ))}
          </ul>
        )}
        {problem?.requestId && problem.status >= 500 && <p className="dim">Request {problem.requestId}</p>}
      </Note>
    </div>
  );
}

const shownDamage = 20;

/** What a list lacks because of damaged records, if anything. `what`: "run"; `damaged`: a reason for each. */
export function DamagedNote({ what, damaged }: { what: string; damaged: readonly string[] }) {
  if (damaged.length === 0) return null;
  const one = damaged.length === 1;
  return (
    <div role="alert">
      <Note
        tone="bad"
        title={`${plural(damaged.length, what)} cannot be listed, because ${one ? 'its record is' : 'their records are'} damaged`}
      >
        <ul className="plain">
          {damaged.slice(0, shownDamage).map((each, i) => (
            <li key={i} className="text">
              <bdi>{visibleText(each)}</bdi>
            </li>
          ))}
          {damaged.length > shownDamage && (
            <li className="dim">and {(damaged.length - shownDamage).toLocaleString('en')} more</li>
          )}
        </ul>
        <p>
          To find all damage, stop the server and run <code>pawl store check</code> on its data folder.
        </p>
      </Note>
    </div>
  );
}

/** A filter that the server refused, with the place of the mistake. */
export function FilterMistake({ filter, mistake }: { filter: string; mistake: Mistake }) {
  const { at, message } = mistake;
  const end = at + (/^[^\s,]+/.exec(filter.slice(at))?.[0].length ?? 0);
  return (
    <div role="alert">
      <Note tone="bad" title="The filter has a mistake">
        <p className="filter-text">
          <code>
            {visibleText(filter.slice(0, at))}
            <mark>{end > at ? visibleText(filter.slice(at, end)) : '\u00a0'}</mark>
            {visibleText(filter.slice(end))}
          </code>
        </p>
        <p className="text">{visibleText(message)}</p>
      </Note>
    </div>
  );
}

/** Says that there is nothing, and what to do. `page`: it is the whole page. */
export function Empty({
  title,
  children,
  page = false,
}: {
  title: string;
  children?: ReactNode;
  page?: boolean;
}) {
  return (
    <div className="empty">
      {page ? <h1 className="empty-title">{title}</h1> : <p className="empty-title">{title}</p>}
      {children && <div>{children}</div>}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}
