import { useState } from 'react';
import type { Definition } from '../model/definition';

export function NodeSearch({ definition, onSelect }: { definition: Definition; onSelect(id: string): void }) {
  const [text, setText] = useState('');
  const found = text
    ? definition.nodes.filter((node) =>
        `${node.id} ${node.label} ${node.type}`.toLowerCase().includes(text.toLowerCase()),
      )
    : [];
  return (
    <form
      className="field inline node-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (found[0]) onSelect(found[0].id);
      }}
    >
      <label htmlFor="node-search">Find a node</label>
      <input
        id="node-search"
        data-search
        type="search"
        list="node-list"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (definition.nodes.some((node) => node.id === event.target.value)) onSelect(event.target.value);
        }}
      />
      <datalist id="node-list">
        {found.slice(0, 50).map((node) => (
          <option key={node.id} value={node.id} />
        ))}
      </datalist>
      <span className="dim" role="status">
        {text ? `${found.length} found` : `${definition.nodes.length} nodes`}
      </span>
    </form>
  );
}
