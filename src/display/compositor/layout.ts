/** Where the agent's pane, the panels and the status bar lie. Pure arithmetic on cells, 0-based. */

export const LAYOUTS = ['full', 'right', 'bottom', 'panels'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Geometry {
  /** The layout in force: `full` where the one asked for would squeeze the agent. */
  readonly layout: Layout;
  /** The agent's pane keeps a size in `panels` too, where it is not drawn, so that the agent need not redraw. */
  readonly pane: Rectangle;
  readonly panels: Rectangle | undefined;
  readonly status: Rectangle;
}

/** Below this the agent's pane is not split. */
const MIN_PANE = { width: 60, height: 12 };
const MIN_PANELS = { width: 30, height: 7 };
/** Below this there is no room for a status bar. */
const MIN_ROWS_FOR_STATUS = 6;

/** The layout a terminal of this width starts with. */
export function defaultLayout(columns: number): Layout {
  return columns >= 110 ? 'right' : 'full';
}

/**
 * @param share of the terminal that the panels take in a split, 0..1.
 */
export function geometry(columns: number, rows: number, asked: Layout, share = 0.38): Geometry {
  const statusRows = rows >= MIN_ROWS_FOR_STATUS ? 1 : 0;
  const body = Math.max(1, rows - statusRows);
  const whole: Rectangle = { x: 0, y: 0, width: columns, height: body };
  const status: Rectangle = { x: 0, y: body, width: columns, height: statusRows };
  const full: Geometry = { layout: 'full', pane: whole, panels: undefined, status };

  switch (asked) {
    case 'full':
      return full;
    case 'panels':
      return { layout: 'panels', pane: whole, panels: whole, status };
    case 'right': {
      const room = columns - MIN_PANE.width;
      if (room < MIN_PANELS.width) return full;
      const width = clamp(Math.round(columns * share), MIN_PANELS.width, room);
      return {
        layout: 'right',
        pane: { ...whole, width: columns - width },
        panels: { x: columns - width, y: 0, width, height: body },
        status,
      };
    }
    case 'bottom': {
      const room = body - MIN_PANE.height;
      if (room < MIN_PANELS.height || columns < MIN_PANE.width) return full;
      const height = clamp(Math.round(body * share), MIN_PANELS.height, room);
      return {
        layout: 'bottom',
        pane: { ...whole, height: body - height },
        panels: { x: 0, y: body - height, width: columns, height },
        status,
      };
    }
  }
}

export function contains(rectangle: Rectangle, x: number, y: number): boolean {
  return (
    x >= rectangle.x &&
    x < rectangle.x + rectangle.width &&
    y >= rectangle.y &&
    y < rectangle.y + rectangle.height
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
