import type { Diagnostic } from '../client';
import { Icon } from './icons';
import { visibleText } from './json_view';

export function Diagnostics({
  all,
  onSelect,
}: {
  all: Diagnostic[];
  onSelect?(diagnostic: Diagnostic): void;
}) {
  const ordered = [...all].sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1));
  return (
    <ul className="plain diagnostics">
      {ordered.map((each, i) => {
        const text = (
          <>
            <span className={`severity-${each.severity}`}>
              <Icon name={each.severity === 'error' ? 'failed' : 'warning'} /> {each.severity}
            </span>{' '}
            <code>{visibleText(each.pointer) || '/'}</code>{' '}
            <span className="text">
              <bdi>{visibleText(each.message)}</bdi>
            </span>
          </>
        );
        return (
          <li key={i}>
            {onSelect ? (
              <button type="button" className="link-row" onClick={() => onSelect(each)}>
                {text}
              </button>
            ) : (
              text
            )}
          </li>
        );
      })}
    </ul>
  );
}
