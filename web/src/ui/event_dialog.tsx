import { useQuery } from '@tanstack/react-query';
import type { RunEvent } from '../client';
import { kindText } from '../model/events';
import { setQuery } from '../router/route';
import { useSession } from '../session';
import { Dialog } from './dialog';
import { JsonView, visibleText } from './json_view';
import { ProblemNote } from './notes';
import { At } from './time';

/** An event of a run, with what its step was given and returned. */
export function EventDialog({
  run,
  event,
  onNode,
  onClose,
}: {
  run: string;
  event: RunEvent;
  onNode(id: string): void;
  onClose(): void;
}) {
  const { client } = useSession();
  const { checkpoint } = event;
  // Lists are read without values, which can be large.
  const whole = useQuery({
    queryKey: ['event', run, event.id],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/history', {
        path: { id: run },
        query: { first: checkpoint, limit: 1, values: true },
        signal,
      }),
  });
  const shown = whole.data?.events.find((each) => each.id === event.id) ?? event;
  return (
    <Dialog
      wide
      title={
        <>
          {kindText(event.kind)}
          {event.node && (
            <>
              {' '}
              at <bdi>{visibleText(event.node)}</bdi>
            </>
          )}
        </>
      }
      onClose={onClose}
      footer={
        <>
          {event.node && (
            <button
              type="button"
              onClick={() => {
                onNode(event.node);
                onClose();
              }}
            >
              Only events of this node
            </button>
          )}
          <button
            type="button"
            onClick={() => setQuery({ tab: 'data', at: String(checkpoint), from: undefined }, true)}
          >
            Data at checkpoint {checkpoint}
          </button>
          <button type="button" className="primary" data-autofocus onClick={onClose}>
            Close
          </button>
        </>
      }
    >
      <dl className="facts">
        <div>
          <dt>Time</dt>
          <dd>
            <At at={event.at} />
          </dd>
        </div>
        <div>
          <dt>Checkpoint</dt>
          <dd>{checkpoint}</dd>
        </div>
        {event.node && (
          <div>
            <dt>Visit, attempt</dt>
            <dd>
              {event.visit}, {event.attempt}
            </dd>
          </div>
        )}
      </dl>
      <ProblemNote error={whole.error} title="The values of the event could not be loaded" />
      <JsonView key={whole.dataUpdatedAt} label="Detail" value={shown.detail} open={3} />
    </Dialog>
  );
}
