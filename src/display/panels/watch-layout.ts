import type { WatchPanel } from './watch-panel.ts';

/** A panel's place in a column: its height, and the panels that could stand there instead of it. */
export interface Slot {
  readonly panel: WatchPanel;
  readonly height: number;
  /** In the order of their numbers, this panel among them. */
  readonly choices: readonly WatchPanel[];
}

/** How a viewer's screen is divided. Heights of a column add up to the screen's less header, totals and footer. */
export interface WatchLayout {
  readonly header: number;
  readonly columns: readonly { readonly width: number; readonly slots: readonly Slot[] }[];
  readonly totals: number;
  readonly footer: number;
}

export interface LayoutWish {
  readonly width: number;
  readonly height: number;
  /** The panel in which keys move: always shown. */
  readonly focus: WatchPanel;
  /** What was last looked at beside Routes. */
  readonly beside: WatchPanel;
  /** What was last looked at beside Stream. */
  readonly third: WatchPanel;
  /** In a pane of a session, whose own bar says what it is and what it came to. */
  readonly pane: boolean;
  /** Without the Sessions panel where there are none to choose from. */
  readonly panels: readonly WatchPanel[];
}

/** From this height on three panels stand below each other. */
const TALL = 34;
/** From this width on they stand in two columns. */
const WIDE = 150;
/** Below this a panel shows nothing. */
const LEAST = 4;

/** As many panels as there is room for: one with tabs, Routes with another one below, or three. */
export function layoutWatch(wish: LayoutWish): WatchLayout {
  const { width, height, focus, beside, third, panels } = wish;
  const chrome = chromeOf(wish);
  const room = Math.max(0, height - chrome.header - chrome.totals - chrome.footer);
  const one = (panel: WatchPanel) => [{ width, slots: [{ panel, height: room, choices: panels }] }];
  // A body or a list of sessions wants all the room there is.
  if (room < 2 * LEAST || focus === 'detail' || focus === 'sessions')
    return { ...chrome, columns: one(focus) };
  const lower: readonly WatchPanel[] = panels.filter((panel) => panel !== 'routes');
  const routes = Math.max(room < 12 ? LEAST : 6, Math.floor(room * 0.42));
  if (room < TALL - 3) {
    const panel = lower.includes(focus) ? focus : beside;
    const slots: Slot[] = [
      { panel: 'routes', height: routes, choices: ['routes'] },
      { panel, height: room - routes, choices: lower },
    ];
    return { ...chrome, columns: [{ width, slots }] };
  }
  const last: readonly WatchPanel[] = lower.filter((panel) => panel !== 'stream');
  const panel = last.includes(focus) ? focus : third;
  const [top, stream] = [slotOf('routes', ['routes']), slotOf('stream', ['stream'])];
  if (width >= WIDE) {
    const left = Math.floor(width * 0.6);
    const upper = Math.floor(room * 0.6);
    const columns = [
      { width: left, slots: [top(upper), slotOf(panel, last)(room - upper)] },
      { width: width - left, slots: [stream(room)] },
    ];
    return { ...chrome, columns };
  }
  const thirdRows = Math.floor((room - routes) * 0.36);
  const slots = [top(routes), stream(room - routes - thirdRows), slotOf(panel, last)(thirdRows)];
  return { ...chrome, columns: [{ width, slots }] };
}

/** The panels on the screen, in the order that tab goes. */
export function shownPanels({ columns }: WatchLayout): readonly WatchPanel[] {
  return columns.flatMap(({ slots }) => slots.map(({ panel }) => panel));
}

/** Cells of a panel that is shown. */
export function placeOf(
  { columns }: WatchLayout,
  panel: WatchPanel,
): { readonly width: number; readonly height: number } | undefined {
  for (const { width, slots } of columns) {
    const slot = slots.find((each) => each.panel === panel);
    if (slot) return { width, height: slot.height };
  }
  return undefined;
}

function chromeOf({ height, pane }: LayoutWish): Omit<WatchLayout, 'columns'> {
  const footer = height > 5 ? 1 : 0;
  if (pane) return { header: 0, totals: 0, footer };
  return height >= 12 ? { header: 1, totals: 1, footer } : { header: 0, totals: height > 1 ? 1 : 0, footer };
}

function slotOf(panel: WatchPanel, choices: readonly WatchPanel[]): (height: number) => Slot {
  return (height) => ({ panel, height, choices });
}
