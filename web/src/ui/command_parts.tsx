import { useId } from 'react';
import { CopyButton } from './copy';

export function ShellForms({ curl, pawl }: { curl: string; pawl?: string | undefined }) {
  return (
    <details className="shell">
      <summary>The same as a command</summary>
      {pawl && (
        <div className="shell-line">
          <code>{pawl}</code>
          <CopyButton label="Copy" of="pawl command" text={pawl} />
        </div>
      )}
      <div className="shell-line">
        <code>{curl}</code>
        <CopyButton label="Copy" of="curl command" text={curl} />
      </div>
    </details>
  );
}

export function ReasonField({ value, onChange }: { value: string; onChange(text: string): void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        Reason <span className="dim">(optional)</span>
      </label>
      <input
        id={id}
        data-autofocus
        type="text"
        maxLength={4096}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}-hint`}
      />
      <div id={`${id}-hint`} className="hints dim">
        Recorded in the history of the run.
      </div>
    </div>
  );
}
