/** The panels of a viewer, in the order of their number keys. */
export const WATCH_PANELS = ['routes', 'stream', 'detail', 'losses', 'upstreams', 'sessions', 'log'] as const;

export type WatchPanel = (typeof WATCH_PANELS)[number];

export const PANEL_NAMES: Readonly<Record<WatchPanel, string>> = {
  routes: 'Routes',
  stream: 'Stream',
  detail: 'Detail',
  losses: 'Losses',
  upstreams: 'Upstreams',
  sessions: 'Sessions',
  log: 'Log',
};

/** The key that brings a panel up. */
export function panelNumber(panel: WatchPanel): string {
  return String(WATCH_PANELS.indexOf(panel) + 1);
}
