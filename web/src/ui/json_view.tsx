import { memo, useState } from 'react';
import { isRaw } from '../client';
import { isObject } from '../model/definition';
import { plural } from '../model/words';
import { CopyButton } from './copy';
import { Icon } from './icons';

const chunk = 100;
const shortText = 400;
const longText = 20_000;

/** Text that cannot mislead: control and direction characters are shown as escapes. */
export function visibleText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

function Text({ value }: { value: string }) {
  const [shown, setShown] = useState(shortText);
  const rest = value.length - shown;
  return (
    <span className="json-string">
      <bdi>
        "{visibleText(value.slice(0, shown))}
        {rest > 0 ? '' : '"'}
      </bdi>
      {rest > 0 && (
        <button type="button" className="quiet small" onClick={() => setShown((n) => n + longText)}>
          … {rest.toLocaleString('en')} more characters
        </button>
      )}
    </span>
  );
}

function Scalar({ value }: { value: unknown }) {
  if (typeof value === 'string') return <Text value={value} />;
  if (isRaw(value)) return <span className="json-number">{value.rawJSON}</span>;
  return <span className={`json-${value === null ? 'null' : typeof value}`}>{String(value)}</span>;
}

function sizeText(value: unknown): string {
  if (Array.isArray(value)) return plural(value.length, 'item');
  return plural(Object.keys(value as object).length, 'key');
}

const Branch = memo(function Branch({
  name,
  value,
  depth,
  open: initially,
}: {
  name?: string;
  value: unknown;
  depth: number;
  open: number;
}) {
  const isBranch = Array.isArray(value) || isObject(value);
  const [open, setOpen] = useState(depth < initially);
  const [shown, setShown] = useState(chunk);
  const label = name === undefined ? null : <bdi className="json-key">{visibleText(name)}</bdi>;
  if (!isBranch)
    return (
      <div className="json-row">
        {label}
        {label && ': '}
        <Scalar value={value} />
      </div>
    );
  const keys = Array.isArray(value) ? undefined : Object.keys(value as object);
  const count = keys ? keys.length : (value as unknown[]).length;
  if (count === 0)
    return (
      <div className="json-row">
        {label}
        {label && ': '}
        {keys ? '{}' : '[]'}
      </div>
    );
  const children = [];
  if (open) {
    for (let i = 0; i < Math.min(count, shown); ++i) {
      const key = keys ? keys[i]! : String(i);
      children.push(
        <Branch
          key={key}
          name={key}
          value={(value as Record<string, unknown>)[key]}
          depth={depth + 1}
          open={initially}
        />,
      );
    }
  }
  return (
    <div className="json-branch">
      <button type="button" className="json-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} />
        {label ?? <span className="json-key">{keys ? 'object' : 'array'}</span>}
        <span className="dim"> {sizeText(value)}</span>
      </button>
      {open && (
        <div className="json-children">
          {children}
          {count > shown && (
            <button type="button" className="quiet small" onClick={() => setShown((n) => n + 10 * chunk)}>
              Show more: {(count - shown).toLocaleString('en')} left
            </button>
          )}
        </div>
      )}
    </div>
  );
});

/** A JSON value as a tree. Only what is open is in the page, so large values are cheap. */
export function JsonView({
  value,
  open = 2,
  copy = true,
  label,
}: {
  value: unknown;
  open?: number;
  copy?: boolean;
  label: string;
}) {
  return (
    <div className="json" role="group" aria-label={label}>
      {copy && (
        <div className="json-tools">
          <CopyButton label="Copy JSON" of={label} text={() => JSON.stringify(value, null, 2) ?? ''} />
        </div>
      )}
      <Branch value={value} depth={0} open={open} />
    </div>
  );
}
