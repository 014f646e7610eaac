import { maxColumns } from '../model/attributes';
import { setQuery, useRoute } from '../router/route';
import { visibleText } from '../ui/json_view';

const maxOffered = 20;

/** The attributes that lists show as columns; they are in the URL. */
export function useColumns(): string[] {
  const text = useRoute().query.get('columns') ?? '';
  return text.split(',').filter(Boolean).slice(0, maxColumns);
}

/** Chooses attributes as columns. `known`: the names that can be chosen. */
export function ColumnChoice({ known }: { known: readonly string[] }) {
  const columns = useColumns();
  const offered = [...new Set([...columns, ...known])].slice(0, maxOffered);
  if (offered.length === 0) return null;
  const toggle = (name: string) => {
    const next = columns.includes(name) ? columns.filter((each) => each !== name) : [...columns, name];
    setQuery({ columns: next.join(',') || undefined });
  };
  return (
    <div className="chips column-choice" role="group" aria-label="Attributes as columns">
      <span className="dim">Attributes as columns:</span>
      {offered.map((name) => (
        <button
          key={name}
          type="button"
          className="chip-button"
          aria-pressed={columns.includes(name)}
          disabled={!columns.includes(name) && columns.length >= maxColumns}
          onClick={() => toggle(name)}
        >
          <bdi>{visibleText(name)}</bdi>
        </button>
      ))}
    </div>
  );
}
