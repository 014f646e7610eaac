/** Every view: its name, its place, and what appears when it is drawn. */
export const views: [name: string, hash: string, ready: string][] = [
  ['overview', '#/overview', 'text=Load now'],
  ['runs', '#/runs', '[data-row]'],
  ['runs-failed', '#/runs?status=failed', '[data-row]'],
  ['runs-errors', '#/runs?status=failed&view=errors', 'tr[data-row]'],
  ['runs-mistake', '#/runs?filter=flow%3Dbill+statsu%3Dfailed', 'mark'],
  ['run-failed', '#/runs/refund-1', '.node'],
  ['run-question', '#/runs/order-18', 'text=Send the answer'],
  ['run-signal', '#/runs/order-17', 'text=Send the signal'],
  ['run-map', '#/runs/ship-1?node=every_order', '.pane'],
  ['run-worker', '#/runs/resize-1', 'text=no worker asks for it'],
  ['run-compensating', '#/runs/journey-1', '.node'],
  ['run-timeline', '#/runs/review-1?tab=timeline', '.gantt-row'],
  ['run-timeline-folded', '#/runs/refund-1?tab=timeline', '.gantt-row'],
  ['run-loop', '#/runs/review-1', '.node'],
  ['run-events', '#/runs/refund-1?tab=events', '.event'],
  ['run-data', '#/runs/order-16?tab=data', '.json'],
  ['run-checkpoint', '#/runs/order-16?tab=data&at=3', '.change'],
  ['run-logs', '#/runs/order-16?tab=logs', '.log'],
  ['flows', '#/flows', '[data-row]'],
  ['flow', '#/flows/shop%2Forder', '.node'],
  ['flow-start', '#/flows/shop%2Forder?tab=start', 'text=Start the run'],
  ['flow-versions', '#/flows/shop%2Forder?tab=versions', '.diff'],
  ['flow-runs', '#/flows/shop%2Forder?tab=runs', '[data-row]'],
  ['editor', '#/flows/shop%2Forder/edit', '.cm-content'],
  ['workers', '#/workers', 'text=Functions of the server'],
  ['no-run', '#/runs/nothing', 'text=There is no run'],
];

/** Of names and data that try to be markup: not for pictures. */
export const hostileViews: typeof views = [
  ['errors-hostile', '#/runs?status=failed&view=errors', 'text=hostile-1'],
  ['runs-hostile', '#/runs?status=failed', 'text=hostile-1'],
  ['run-hostile', '#/runs/hostile-1', '.node'],
  ['run-hostile-events', '#/runs/hostile-1?tab=events', '.event'],
  ['run-hostile-data', '#/runs/hostile-1?tab=data', '.json'],
  ['flow-hostile', '#/flows/hostile%20(flow)', '.node'],
];
