import { useQuery } from '@tanstack/react-query';
import type { FlowFiles } from '../client';
import { useRenewed } from '../live/use_renewed';
import { filesWithErrors } from '../model/flow_files';
import { plural } from '../model/words';
import { Link } from '../router/link';
import { useSession } from '../session';
import { Icon } from './icons';
import { visibleText } from './json_view';

/** The flow files that `pawl dev` watches, renewed when the feed reports a change of them. */
function useFlowFiles(): FlowFiles | undefined {
  const { client, locked } = useSession();
  const files = useQuery({
    queryKey: ['flow-files'],
    enabled: !locked,
    queryFn: ({ signal }) => client.get('/v1/flow-files', { signal }),
    refetchOnWindowFocus: false,
    retry: false,
  });
  useRenewed(['flow-files'], 200, (digest) => digest.flow_files);
  return files.data;
}

/** Says on every page that flow files have errors. */
export function FlowFilesBanner() {
  const broken = filesWithErrors(useFlowFiles());
  const [first] = broken;
  if (!first) return null;
  return (
    <div className="banner banner-bad" role="status">
      <Icon name="warning" />{' '}
      {broken.length === 1 ? (
        <span>
          <bdi>{visibleText(first.file)}</bdi> has errors and is not stored.
        </span>
      ) : (
        `${plural(broken.length, 'flow file')} have errors and are not stored.`
      )}{' '}
      <Link to={['flows']}>Show</Link>
    </div>
  );
}

/** The messages of the flow files, those with errors first. */
export function FlowFileNotes() {
  const all = useFlowFiles();
  const files = (all?.files ?? []).filter((each) => each.messages.length > 0);
  if (files.length === 0) return null;
  const broken = filesWithErrors(all);
  const ordered = [...broken, ...files.filter((each) => !broken.includes(each))];
  return (
    <section className="card" aria-label="Flow files">
      <h2>
        Flow files in <bdi>{visibleText(all?.folder ?? '')}</bdi>
      </h2>
      <ul className="plain diagnostics">
        {ordered.flatMap(({ file, messages }) =>
          messages.map((each, i) => (
            <li key={`${file} ${i}`}>
              <span className={`severity-${each.severity}`}>
                <Icon name={each.severity === 'error' ? 'failed' : 'warning'} /> {each.severity}
              </span>{' '}
              <code className="text">
                <bdi>{visibleText(each.text)}</bdi>
              </code>
            </li>
          )),
        )}
      </ul>
    </section>
  );
}
