import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';

/** A scrolling list of which only the visible rows are in the page. */
export function VirtualList({
  count,
  rowHeight,
  height,
  label,
  row,
  header,
  stickToEnd = false,
  role = 'list',
}: {
  count: number;
  rowHeight: number;
  height: number | string;
  label: string;
  row(index: number): ReactNode;
  header?: ReactNode;
  stickToEnd?: boolean;
  role?: 'list' | 'table';
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  useEffect(() => {
    virtual.measure();
  }, [rowHeight, virtual]);
  useEffect(() => {
    const element = scroller.current;
    if (stickToEnd && atEnd.current && element) element.scrollTop = element.scrollHeight;
  }, [count, stickToEnd]);
  const rowRole = role === 'list' ? 'listitem' : 'row';
  const items = virtual.getVirtualItems();
  // Rounded up, so that it does not change while scrolling.
  const pool = Math.ceil((items.length + 8) / 32) * 32;
  return (
    <div
      ref={scroller}
      className="virtual"
      style={{ maxHeight: height }}
      tabIndex={0}
      role={role}
      aria-label={label}
      aria-rowcount={role === 'table' ? count : undefined}
      onScroll={(event) => {
        const e = event.currentTarget;
        atEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < 30;
      }}
    >
      {header}
      <div
        style={{ height: virtual.getTotalSize(), position: 'relative' }}
        role={role === 'table' ? 'rowgroup' : 'presentation'}
      >
        {/* Rows that leave give their elements to those that come. */}
        {items.map((item) => (
          <div
            key={item.index % pool}
            role={rowRole}
            className="virtual-row"
            style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
            aria-setsize={role === 'list' ? count : undefined}
            aria-posinset={role === 'list' ? item.index + 1 : undefined}
            aria-rowindex={role === 'table' ? item.index + 1 : undefined}
          >
            {row(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
