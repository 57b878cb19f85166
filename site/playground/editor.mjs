// The editor, loaded when the playground is shown.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--play-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--play-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--play-number)' },
  { tag: tags.comment, color: 'var(--play-comment)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className], color: 'var(--play-type)' },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: 'var(--play-call)',
  },
])

const look = EditorView.theme({
  '&': {
    backgroundColor: 'var(--vp-code-block-bg)',
    color: 'var(--vp-c-text-1)',
    fontSize: '13.5px',
    height: '100%',
  },
  '.cm-scroller': { fontFamily: 'var(--vp-font-family-mono)', lineHeight: '1.6' },
  // Not transparent: code that is scrolled sideways passes below it.
  '.cm-gutters': {
    backgroundColor: 'var(--vp-code-block-bg)',
    color: 'var(--vp-c-text-3)',
    border: 'none',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--vp-c-default-soft)' },
  '.cm-content': { caretColor: 'var(--vp-c-brand-1)' },
  '.cm-cursor': { borderLeftColor: 'var(--vp-c-brand-1)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--vp-c-brand-soft) !important',
  },
  '&.cm-focused': { outline: '2px solid var(--vp-c-brand-1)', outlineOffset: '-2px' },
})

/** Opens an editor in `parent`. Tab leaves it, as it leaves every other field. */
export const openEditor = ({ parent, code, onRun, onChange }) => {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: code,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        javascript({ typescript: true }),
        syntaxHighlighting(colours),
        look,
        keymap.of([
          { key: 'Mod-Enter', run: () => (onRun(), true) },
          ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
          ...historyKeymap,
        ]),
        EditorView.contentAttributes.of({
          'aria-label': 'The program',
          spellcheck: 'false',
          tabindex: '0',
        }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) onChange(state.doc.toString())
        }),
      ],
    }),
  })
  return {
    replace: (text) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    goTo: (line) => {
      if (line < 1 || line > view.state.doc.lines) return
      const { from } = view.state.doc.line(line)
      view.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: 'center' }),
      })
      view.focus()
    },
    close: () => view.destroy(),
  }
}
