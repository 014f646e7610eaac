import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { Icon } from './icons';

/**
 * A native modal dialog: focus stays in it, Escape closes it, and the page behind is inert. Without `onClose` the
 * user cannot close it.
 */
export function Dialog({
  title,
  onClose,
  onSubmit,
  children,
  footer,
  wide = false,
}: {
  title: ReactNode;
  onClose?(): void;
  onSubmit?(): void;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={ref}
      aria-labelledby={heading}
      className={wide ? 'wide' : ''}
      // Browsers close a dialog at a repeated Escape, whatever became of the first.
      onClose={() => (onClose ? onClose() : ref.current?.showModal())}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose?.();
      }}
    >
      <form onSubmit={submit} className="dialog-body">
        <div className="dialog-head">
          <h2 id={heading}>{title}</h2>
          {onClose && (
            <button type="button" className="quiet icon-only" onClick={onClose} aria-label="Close">
              <Icon name="close" />
            </button>
          )}
        </div>
        <div className="dialog-content">{children}</div>
        {footer && <div className="dialog-foot">{footer}</div>}
      </form>
    </dialog>
  );
}
