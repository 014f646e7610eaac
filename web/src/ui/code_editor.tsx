// The JSON editor. It lives in a shadow root: there CodeMirror uses adopted style sheets, which the
// content security policy allows without a nonce.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Diagnostic } from '../client';
import { spanOf } from '../model/pointer';
import { flowHints, type HintSource, hintTheme } from './flow_hints';

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-gutters': { backgroundColor: 'var(--inset)', color: 'var(--dim)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
  },
  '.cm-panel input, .cm-panel button': {
    color: 'var(--text)',
    backgroundColor: 'var(--inset)',
    backgroundImage: 'none',
    border: '1px solid var(--line)',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--selection)', outline: 'none' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--inset)', color: 'var(--dim)', border: 'none' },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--json-key)' },
  { tag: tags.string, color: 'var(--json-string)' },
  { tag: tags.number, color: 'var(--json-number)' },
  { tag: [tags.bool, tags.null], color: 'var(--json-keyword)' },
  { tag: tags.separator, color: 'var(--dim)' },
]);

export interface EditorHandle {
  show(pointer: string): void;
}

export function CodeEditor({
  initial,
  onChange,
  diagnostics,
  hints,
  handle,
  label,
}: {
  initial: string;
  onChange(text: string): void;
  diagnostics: Diagnostic[];
  hints: HintSource;
  handle: React.RefObject<EditorHandle | null>;
  label: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  const hintSource = useRef(hints);
  useEffect(() => {
    changed.current = onChange;
    hintSource.current = hints;
  });
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open' });
    const box = document.createElement('div');
    box.style.height = '100%';
    root.replaceChildren(box);
    const editor = new EditorView({
      parent: box,
      root,
      state: EditorState.create({
        doc: initial,
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          json(),
          lintGutter(),
          syntaxHighlighting(colours),
          theme,
          flowHints(() => hintSource.current),
          hintTheme,
          // Tab indents; Escape and then Tab leaves the editor.
          keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, indentWithTab]),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    handle.current = {
      show: (pointer) => {
        const span = spanOf(editor.state.doc.toString(), pointer);
        if (!span) return;
        editor.dispatch({
          selection: { anchor: span.from, head: span.to },
          effects: EditorView.scrollIntoView(span.from, { y: 'center' }),
        });
        editor.focus();
      },
    };
    return () => {
      editor.destroy();
      view.current = null;
      handle.current = null;
    };
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const text = editor.state.doc.toString();
    const marks: Mark[] = diagnostics.flatMap((each) => {
      const span = spanOf(text, each.pointer) ?? { from: 0, to: 0 };
      return [
        {
          from: span.from,
          to: Math.min(span.to, text.length),
          severity: each.severity,
          message: each.message,
        },
      ];
    });
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [diagnostics]);
  return <div ref={host} className="code-editor" />;
}
