import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { suggestions, typedFilter, type Vocabulary } from '../model/filter';
import { visibleText } from './json_view';

/**
 * The search field of runs: the filter language, with suggestions of fields and values at the caret. A
 * text without an operator is the beginning of an id. Enter applies it.
 */
export function FilterField({
  filter,
  vocabulary,
  onFocus,
  onApply,
}: {
  filter: string;
  vocabulary: Vocabulary;
  onFocus(): void;
  onApply(filter: string): void;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  useEffect(() => setText(filter), [filter]);
  // The caret of a controlled input jumps to the end; what was chosen in the middle keeps it there.
  const wanted = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    input.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  });
  const offered = open ? suggestions(text, caret, vocabulary) : [];
  const isOpen = offered.length > 0;

  const apply = () => {
    setOpen(false);
    const next = typedFilter(text);
    setText(next);
    onApply(next);
  };
  const choose = (index: number) => {
    const { text: chosen, from } = offered[index]!;
    const end = from + chosen.length;
    setText(text.slice(0, from) + chosen + text.slice(caret));
    setCaret(end);
    wanted.current = end;
    setActive(-1);
    input.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      if (!isOpen) return setOpen(true);
      // One place before the first is the text itself.
      setActive(((active + 1 + by + offered.length + 1) % (offered.length + 1)) - 1);
    } else if (event.key === 'Enter' && isOpen && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      event.nativeEvent.stopImmediatePropagation();
      setOpen(false);
    }
  };
  return (
    <form
      className="field inline grow filter-field"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <label htmlFor={id}>Filter</label>
      <div className="combo">
        <input
          ref={input}
          id={id}
          data-search
          type="search"
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={4096}
          value={text}
          placeholder="status=failed flow=order started>-2h, or the beginning of an id"
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart ?? event.target.value.length);
            setOpen(true);
            setActive(-1);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => {
            onFocus();
            setOpen(true);
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
        />
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label="Suggestions"
          className="combo-list"
          hidden={!isOpen}
        >
          {offered.map((each, i) => (
            <div
              key={each.text}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              tabIndex={-1}
              // Before the field loses the focus, which closes the list.
              onMouseDown={(event) => {
                event.preventDefault();
                choose(i);
              }}
            >
              <bdi>{visibleText(each.text)}</bdi>
              {each.hint && <span className="dim"> {each.hint}</span>}
            </div>
          ))}
        </div>
      </div>
      <button type="submit">Apply</button>
      <span id={`${id}-hint`} className="offscreen">
        Conditions separated by spaces, all of which must hold. The arrow keys choose a suggestion, Enter
        applies the filter.
      </span>
    </form>
  );
}
