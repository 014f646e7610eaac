// Completion and descriptions in the editor of flows, from their JSON Schema. Small on purpose: the
// package for completion is larger than all of this editor's own code.
import { type EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, showTooltip, type Tooltip } from '@codemirror/view';
import type { JsonObject } from '../client';
import { placeAt } from '../model/json_place';
import { describe, type Hint, hintsAt } from '../model/schema_hints';
import { visibleText } from './json_view';

/** What the hints come from; undefined until it is loaded. */
export interface HintSource {
  schema: JsonObject | undefined;
  nodes: readonly string[];
}

interface Offer {
  from: number;
  to: number;
  hints: Hint[];
  active: number;
}

const listId = 'flow-hints';
const optionId = (index: number) => `${listId}-${index}`;
const move = StateEffect.define<number>();
const open = StateEffect.define();
const close = StateEffect.define();

/** An extension that offers keys and values while one types, or at Ctrl+Space, and describes keys. */
export function flowHints(source: () => HintSource) {
  /** `asked`: also where no token has begun, as Enter then would not begin a line. */
  const offerAt = (state: EditorState, asked: boolean): Offer | null => {
    const { schema, nodes } = source();
    const selection = state.selection.main;
    const place = schema && selection.empty ? placeAt(state.doc.toString(), selection.head) : undefined;
    if (!schema || !place || (!asked && place.token === '')) return null;
    const hints = hintsAt(schema, place, nodes);
    if (hints.length === 0) return null;
    return { from: place.from, to: place.to, hints, active: 0 };
  };
  const field = StateField.define<Offer | null>({
    create: () => null,
    update: (offer, transaction) => {
      for (const effect of transaction.effects) {
        if (effect.is(close)) return null;
        if (effect.is(open)) return offerAt(transaction.state, true);
        if (effect.is(move) && offer)
          return {
            ...offer,
            active: (offer.active + effect.value + offer.hints.length) % offer.hints.length,
          };
      }
      if (transaction.docChanged && transaction.isUserEvent('input.type'))
        return offerAt(transaction.state, false);
      if (transaction.docChanged || transaction.selection) return offer && offerAt(transaction.state, false);
      return offer;
    },
    provide: (self) => [
      showTooltip.from(self, (offer) => offer && listOf(offer)),
      EditorView.contentAttributes.from(self, (offer): Record<string, string> => {
        if (!offer) return { 'aria-autocomplete': 'list' };
        return {
          'aria-autocomplete': 'list',
          'aria-controls': listId,
          'aria-activedescendant': optionId(offer.active),
        };
      }),
    ],
  });
  const ifOpen = (action: (view: EditorView, offer: Offer) => void) => (view: EditorView) => {
    const offer = view.state.field(field);
    if (offer) action(view, offer);
    return offer !== null;
  };
  const openList = (view: EditorView) => {
    view.dispatch({ effects: open.of(null) });
    return true;
  };
  const step = (by: number) => ifOpen((view) => view.dispatch({ effects: move.of(by) }));
  const accept = ifOpen((view, offer) => insert(view, offer, offer.active));
  return [
    field,
    Prec.highest(
      keymap.of([
        { key: 'Ctrl-Space', run: openList },
        { key: 'ArrowDown', run: step(1) },
        { key: 'ArrowUp', run: step(-1) },
        { key: 'Enter', run: accept },
        { key: 'Tab', run: accept },
        { key: 'Escape', run: ifOpen((view) => view.dispatch({ effects: close.of(null) })) },
      ]),
    ),
    EditorView.domEventHandlers({
      blur: (_, view) => {
        if (view.state.field(field)) view.dispatch({ effects: close.of(null) });
      },
    }),
    hoverTooltip((view, at): Tooltip | null => {
      const { schema } = source();
      const place = schema && placeAt(view.state.doc.toString(), at);
      const text = place ? describe(schema, place) : '';
      if (!place || !text) return null;
      return {
        pos: place.from,
        end: place.to,
        above: true,
        create: () => ({ dom: box('hint-about', visibleText(text)) }),
      };
    }),
  ];
}

function insert(view: EditorView, offer: Offer, index: number): void {
  const { text } = offer.hints[index]!;
  view.dispatch({
    changes: { from: offer.from, to: offer.to, insert: text },
    selection: { anchor: offer.from + text.length },
    effects: close.of(null),
    userEvent: 'input.complete',
  });
  view.focus();
}

function box(className: string, text = ''): HTMLElement {
  const element = document.createElement('div');
  element.className = className;
  element.textContent = text;
  return element;
}

/** The list of an offer, below its token. */
function listOf(offer: Offer): Tooltip {
  return {
    pos: offer.from,
    create: (view) => {
      const dom = box('hint-list');
      const list = box('');
      list.id = listId;
      list.setAttribute('role', 'listbox');
      list.setAttribute('aria-label', 'Suggestions');
      dom.append(list);
      offer.hints.forEach((each, i) => {
        const option = box('hint', visibleText(each.label));
        option.id = optionId(i);
        option.setAttribute('role', 'option');
        option.setAttribute('aria-selected', String(i === offer.active));
        option.addEventListener('mousedown', (event) => {
          event.preventDefault();
          insert(view, offer, i);
        });
        list.append(option);
      });
      const about = offer.hints[offer.active]!.description;
      if (about) dom.append(box('hint-about', visibleText(about)));
      return {
        dom,
        mount: () => list.children[offer.active]?.scrollIntoView({ block: 'nearest' }),
      };
    },
  };
}

export const hintTheme = EditorView.theme({
  '.hint-list': { borderRadius: '6px', maxWidth: '420px', overflow: 'hidden' },
  '.hint-list [role=listbox]': { maxHeight: '220px', overflow: 'auto', padding: '4px' },
  '.hint': { padding: '1px 8px', borderRadius: '4px', cursor: 'pointer', fontFamily: 'var(--mono)' },
  '.hint[aria-selected=true]': { backgroundColor: 'var(--busy-bg)', outline: '1px solid var(--focus)' },
  '.hint-about': { padding: '4px 10px', maxWidth: '420px', whiteSpace: 'pre-wrap', lineHeight: '1.4' },
  '.hint-list .hint-about': { borderTop: '1px solid var(--line)', color: 'var(--dim)' },
});
