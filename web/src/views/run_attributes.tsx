import type { Run } from '../client';
import { attributeCondition, attributeText } from '../model/attributes';
import { Link } from '../router/link';
import { visibleText } from '../ui/json_view';
import { Note } from '../ui/notes';

/** The attributes of a run, each with a link to the runs that have the same value. */
export function AttributeFacts({ run }: { run: Run }) {
  return Object.entries(run.attributes ?? {}).map(([name, value]) => (
    <div key={name}>
      <dt>
        <bdi>{visibleText(name)}</bdi>
      </dt>
      <dd>
        <Link
          to={['runs']}
          query={{ filter: attributeCondition(name, value) }}
          title={`Runs with the same ${visibleText(name)}`}
        >
          <bdi>{visibleText(attributeText(value))}</bdi>
        </Link>
      </dd>
    </div>
  ));
}

/** The attributes of its flow that the run does not have, and why. */
export function AttributeProblems({ run }: { run: Run }) {
  const problems = Object.entries(run.attribute_problems ?? {});
  if (problems.length === 0) return null;
  return (
    <Note
      tone="wait"
      title={
        problems.length === 1 ? 'An attribute has no value' : `${problems.length} attributes have no value`
      }
    >
      <ul className="plain">
        {problems.map(([name, why]) => (
          <li key={name} className="text">
            <strong>
              <bdi>{visibleText(name)}</bdi>
            </strong>
            : <bdi>{visibleText(why)}</bdi>
          </li>
        ))}
      </ul>
    </Note>
  );
}
