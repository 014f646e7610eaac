import type { Workers } from '../client';
import { unservedQueues } from '../model/why';
import { Link } from '../router/link';
import { visibleText } from './json_view';
import { Note } from './notes';
import { Ago } from './time';

/** A note for each queue with tasks that no worker takes. `linked`: with the way to all queues. */
export function UnservedNotes({ workers, linked = false }: { workers: Workers; linked?: boolean }) {
  return unservedQueues(workers).map((each) => (
    <Note
      key={`${each.queue} ${each.code_ref}`}
      tone="bad"
      title={
        <>
          No worker serves <bdi>{visibleText(each.code_ref)}</bdi> in the queue{' '}
          <bdi>{visibleText(each.queue)}</bdi>
        </>
      }
      action={linked && <Link to={['workers']}>Workers and queues</Link>}
    >
      {each.queued === 1 ? '1 task is' : `${each.queued} tasks are`} queued
      {each.oldest_at && (
        <>
          ; the oldest was queued <Ago at={each.oldest_at} />
        </>
      )}
      . Start a worker with this function.
    </Note>
  ));
}
