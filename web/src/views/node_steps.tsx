import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Run, RunStep } from '../client';
import { useRenewed } from '../live/use_renewed';
import { concerns } from '../model/digest';
import { checkpointOf, stepKey, stepLook, stepName } from '../model/steps';
import { durationText } from '../model/time';
import { setQuery, useRoute } from '../router/route';
import { useSession } from '../session';
import { Icon } from '../ui/icons';
import { visibleText } from '../ui/json_view';
import { ProblemNote } from '../ui/notes';
import { StepDetail } from '../ui/step_detail';
import { Ago } from '../ui/time';
import { VirtualList } from '../ui/virtual_list';

/** The values of a step have up to 128 KiB. */
const pageSize = 20;
/** More pages are not renewed by events. */
const renewedPages = 2;

/** The steps of a node, the last one first, and the input and output of the selected one. */
export function NodeSteps({ run, node }: { run: Run; node: string }) {
  const { client } = useSession();
  const selected = useRoute().query.get('step');
  const queryKey = ['steps', run.id, node];
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.get('/v1/runs/{id}/steps', {
        path: { id: run.id },
        query: { node, reverse: true, limit: pageSize, first: pageParam },
        signal,
      }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchOnWindowFocus: false,
  });
  const isRenewed = (list.data?.pages.length ?? 0) <= renewedPages;
  useRenewed(queryKey, 1000, (digest) => isRenewed && concerns(digest, run.id));
  const steps = list.data?.pages.flatMap((each) => each.steps) ?? [];
  if (list.error && !list.data)
    return <ProblemNote error={list.error} title="The steps could not be loaded" />;
  if (steps.length === 0 && !list.hasNextPage) return null;
  const current = steps.find((each) => stepKey(each) === selected) ?? steps[0];
  const currentKey = current && stepKey(current);
  return (
    <section aria-label="Steps">
      <h3>
        Steps <span className="dim">last first</span>
      </h3>
      {(steps.length > 1 || list.hasNextPage) && (
        <>
          {steps.length > 0 && (
            <VirtualList
              count={steps.length}
              rowHeight={30}
              height={186}
              label="Steps of the node"
              row={(i) => (
                <StepRow
                  step={steps[i]!}
                  selected={stepKey(steps[i]!) === currentKey}
                  onSelect={(step) => setQuery({ step: stepKey(step) })}
                />
              )}
            />
          )}
          {list.hasNextPage && (
            <button
              type="button"
              className="quiet small"
              disabled={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              {list.isFetchingNextPage ? 'Loading…' : 'Earlier steps'}
            </button>
          )}
        </>
      )}
      {current && (
        <>
          <p className="step-title">
            <StepName step={current} />
          </p>
          <StepDetail step={current} />
        </>
      )}
    </section>
  );
}

function StepName({ step }: { step: RunStep }) {
  const look = stepLook(step.status);
  return (
    <>
      <span className={`attempt-${look}`}>
        <Icon name={look} />
      </span>{' '}
      {stepName(step)}: {visibleText(step.status.replace('_', ' '))}
    </>
  );
}

function StepRow({
  step,
  selected,
  onSelect,
}: {
  step: RunStep;
  selected: boolean;
  onSelect(step: RunStep): void;
}) {
  return (
    <button
      type="button"
      className={`step-row${selected ? ' selected' : ''}`}
      aria-pressed={selected}
      onClick={() => onSelect(step)}
    >
      <span>
        <StepName step={step} />
      </span>
      <span className="dim num">
        {step.duration_us ? `${durationText(step.duration_us / 1000)}, ` : ''}
        <Ago at={step.started_at} />
      </span>
    </button>
  );
}

/** The step of the timeline that is selected in the URL; nothing for attempts that are not steps. */
export function SelectedStep({ run, node }: { run: Run; node: string }) {
  const { client } = useSession();
  const key = useRoute().query.get('step') ?? '';
  const checkpoint = checkpointOf(key);
  const queryKey = ['step', run.id, node, key];
  const found = useQuery({
    queryKey,
    enabled: checkpoint !== undefined,
    queryFn: ({ signal }) =>
      client.get('/v1/runs/{id}/steps', {
        path: { id: run.id },
        // The steps that started in one checkpoint are on one page.
        query: { node, first: checkpoint, limit: 1 },
        signal,
      }),
  });
  useRenewed(queryKey, 1000, (digest) => concerns(digest, run.id));
  const step = found.data?.steps.find((each) => stepKey(each) === key);
  return (
    <>
      <ProblemNote error={found.error} title="The step could not be loaded" />
      {step ? (
        <>
          <p className="step-title">
            <StepName step={step} />
          </p>
          <StepDetail step={step} />
        </>
      ) : (
        (found.data || checkpoint === undefined) && (
          <p className="dim">There is no step here: the node joins branches, or its step began earlier.</p>
        )
      )}
    </>
  );
}
