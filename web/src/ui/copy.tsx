import { useEffect, useState } from 'react';
import { Icon } from './icons';

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not a secure context, or not allowed.
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'offscreen';
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function CopyButton({
  text,
  label,
  of,
}: {
  text: string | (() => string);
  label: string;
  of?: string;
}) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <button
      type="button"
      className="quiet"
      aria-label={of ? `${label}: ${of}` : undefined}
      onClick={async () =>
        setState((await copyText(typeof text === 'string' ? text : text())) ? 'done' : 'failed')
      }
    >
      <Icon name="copy" />{' '}
      <span role="status">{state === 'done' ? 'Copied' : state === 'failed' ? 'Not copied' : label}</span>
    </button>
  );
}
