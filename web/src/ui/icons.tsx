// Signs, drawn so that they look the same with any font. Decorative: a word is always beside them.
export type IconName =
  | 'running'
  | 'paused'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'waiting'
  | 'not_reached'
  | 'stopped'
  | 'compensated'
  | 'warning'
  | 'info'
  | 'copy'
  | 'close'
  | 'down'
  | 'right'
  | 'sun'
  | 'lock';

const shapes: Record<IconName, React.ReactNode> = {
  lock: (
    <>
      <rect x="3.5" y="7" width="9" height="6.5" rx="1" />
      <path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" />
    </>
  ),
  running: <path d="M5 3.2l8 4.8-8 4.8z" fill="currentColor" stroke="none" />,
  paused: <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.4" />,
  completed: <path d="M3 8.5l3.5 3.5L13 4.5" strokeWidth="2.2" />,
  failed: <path d="M4 4l8 8M12 4l-8 8" strokeWidth="2.2" />,
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M4.2 11.8l7.6-7.6" />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 4.8V8l2.4 1.6" />
    </>
  ),
  not_reached: <circle cx="8" cy="8" r="1.6" fill="currentColor" stroke="none" />,
  stopped: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 2" />,
  compensated: (
    <>
      <path d="M3.5 8a4.5 4.5 0 1 1 1.5 3.4" />
      <path d="M3.2 4.8L3.5 8l3-.8" />
    </>
  ),
  warning: (
    <>
      <path d="M8 2.2l6.2 11H1.8z" />
      <path d="M8 6.4v3.2M8 11.3v.4" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.2v4M8 4.6v.4" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="7.5" height="8" rx="1.2" />
      <path d="M3 10.5v-7A1.5 1.5 0 0 1 4.500 2H10" />
    </>
  ),
  close: <path d="M4 4l8 8M12 4l-8 8" />,
  down: <path d="M3.500 6L8 10.500 12.500 6" />,
  right: <path d="M6 3.500L10.500 8 6 12.500" />,
  sun: (
    <>
      <path d="M8 2a6 6 0 1 0 0 12z" fill="currentColor" />
      <circle cx="8" cy="8" r="6" />
    </>
  ),
};

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}
