import { useQuery } from '@tanstack/react-query';
import { Link } from '../router/link';
import { useSession } from '../session';
import { visibleText } from '../ui/json_view';
import { Note } from '../ui/notes';

/** Says how to come to a first run: with the flow that is there, or by storing one. */
export function FirstRun() {
  const { client, may } = useSession();
  const flows = useQuery({
    queryKey: ['flows', 'first'],
    queryFn: ({ signal }) => client.get('/v1/flows', { query: { limit: 2 }, signal }),
  });
  const [first, second] = flows.data?.flows ?? [];
  // Of several flows the list says which.
  const only = first && !second ? first.name : undefined;
  const start = may('operator') ? { for: 'start' } : {};
  return (
    <Note
      tone="info"
      title="There are no runs in this scope yet"
      action={
        only === undefined ? (
          <Link className="button" to={['flows']} query={start}>
            Flows
          </Link>
        ) : (
          <Link
            className="button"
            to={['flows', only]}
            query={{ tab: may('operator') ? 'start' : undefined }}
          >
            <bdi>{visibleText(only)}</bdi>
          </Link>
        )
      }
    >
      {first ? 'Start a run of ' : 'Store a flow, then start a run of it: '}
      {only !== undefined && <bdi>{visibleText(only)}</bdi>}
      {first && (only === undefined ? 'a flow: ' : ': ')}
      here, with{' '}
      {!first && (
        <>
          <code>pawl flows put</code> and{' '}
        </>
      )}
      <code>pawl runs start</code>, or with the API.
    </Note>
  );
}
