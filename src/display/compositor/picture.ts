import { CellPainter } from './cell-painter.ts';
import type { ChildPane } from './child-pane.ts';
import { frame, RowPainter } from './frame.ts';
import type { Geometry } from './layout.ts';

/** What one frame shows. Rows have their colours. */
export interface Scene {
  readonly pane: ChildPane;
  /** Lines the pane is scrolled back. */
  readonly scrolledBack: number;
  /** The child has the keys, and the cursor with them. */
  readonly childFocused: boolean;
  readonly geometry: Geometry;
  readonly panels: readonly string[] | undefined;
  readonly status: readonly string[];
  /** Drawn over the pane. */
  readonly overlay: readonly string[] | undefined;
}

/** What the terminal shows, and what must be written to make the next scene of it. */
export class Picture {
  readonly #cells = new CellPainter();
  readonly #panelRows = new RowPainter();
  readonly #statusRow = new RowPainter();
  readonly #overlayRows = new RowPainter();
  #lastCursor = '';
  #known = false;

  /** The terminal may show anything by now: the next scene is drawn whole. */
  forget(): void {
    this.#known = false;
  }

  /**
   * @param modes sequences that set the terminal's modes for this scene, or ''
   * @returns one synchronized frame; '' where nothing differs.
   */
  change(scene: Scene, modes: string): string {
    const { pane, scrolledBack, geometry, panels, status, overlay } = scene;
    const { layout } = geometry;
    let content = (this.#known ? '' : this.#clear()) + modes;
    if (overlay) content += this.#overlayRows.paint(overlay, geometry.pane);
    else if (layout !== 'panels') content += this.#cells.paint(pane.terminal, geometry.pane, scrolledBack);
    const covered = overlay !== undefined && layout === 'panels';
    if (panels && geometry.panels && !covered) content += this.#panelRows.paint(panels, geometry.panels);
    if (geometry.status.height > 0) content += this.#statusRow.paint(status, geometry.status);

    const cursor = cursorOf(scene);
    const place = cursor ? `${cursor.x},${cursor.y},${cursor.visible}` : 'none';
    if (!content && place === this.#lastCursor) return '';
    this.#lastCursor = place;
    return frame(content, cursor);
  }

  #clear(): string {
    this.#known = true;
    this.#cells.reset();
    this.#panelRows.reset();
    this.#statusRow.reset();
    this.#overlayRows.reset();
    this.#lastCursor = '';
    return '\x1b[0m\x1b[2J';
  }
}

/** The cursor is parked at the child's even when hidden: input methods open their windows there. */
function cursorOf({ pane, scrolledBack, childFocused, geometry, overlay }: Scene) {
  if (geometry.layout === 'panels' || overlay) return undefined;
  const buffer = pane.terminal.buffer.active;
  const { x, y, width, height } = geometry.pane;
  return {
    x: x + Math.min(buffer.cursorX, width - 1),
    y: y + Math.min(buffer.cursorY, height - 1),
    visible: childFocused && scrolledBack === 0 && pane.modes().cursorVisible,
  };
}
