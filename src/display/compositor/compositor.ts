import type { ReadStream, WriteStream } from 'node:tty';
import type { ReactElement } from 'react';
import { ChildPane, type Pty } from './child-pane.ts';
import { FrameClock } from './frame-clock.ts';
import { InkSurface } from './ink-surface.ts';
import { InputRouter, type MouseEvent, type Prefix, pressedKeys } from './input-router.ts';
import {
  contains,
  defaultLayout,
  type Geometry,
  geometry,
  LAYOUTS,
  type Layout,
  type Rectangle,
} from './layout.ts';
import { mouseReport } from './mouse-report.ts';
import { OuterTerminal } from './outer-terminal.ts';
import { PaneScroll } from './pane-scroll.ts';
import { Passage } from './passage.ts';
import { Picture } from './picture.ts';
import { lastScreenText } from './screen-text.ts';
import { isCtrl } from './spelled-key.ts';

/** What panels, status bar and overlay are drawn with. */
export interface ScreenState {
  readonly layout: Layout;
  /** The layout that the user asked for: another one while the terminal is too small for it. */
  readonly asked: Layout;
  readonly focus: 'child' | 'panels';
  /** The prefix was pressed and waits for its key. */
  readonly armed: boolean;
  /** Lines the pane is scrolled back. */
  readonly scrolledBack: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ChildExit {
  readonly exitCode: number;
  /** Its number, when one ended the child; 0 or absent otherwise. */
  readonly signal?: number;
}

/** What a child is told of its terminal. */
export interface SpawnSize {
  readonly columns: number;
  readonly rows: number;
}

export interface CompositorOptions {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream & { readonly fd: number };
  readonly prefix: Prefix;
  readonly layout?: Layout;
  /** Starts the child in a PTY of this size, once the terminal's abilities are known. */
  spawn(size: SpawnSize): Pty;
  panels(size: Size, state: ScreenState): ReactElement;
  /** Rows with colours. */
  status(size: Size, state: ScreenState): readonly string[];
  /** Rows drawn over the agent's pane, which stands still meanwhile; `undefined` draws none. */
  overlay(size: Size, state: ScreenState): readonly string[] | undefined;
  /** A key after the prefix, in the terminal's encoding; {@link PREFIX_AGAIN} for the prefix itself. */
  onCommand(key: string): void;
  /** A key while an overlay is shown. */
  onOverlayKeys(key: string): void;
  /** The terminal was closed: there is nobody left to draw for. */
  onGone(): void;
  /** How long the terminal may take to say what it can do. */
  readonly probeMs: number;
  /** Lines of the child's screen that stay in the scrollback. */
  readonly keepLines: number;
}

/** Most a child may hold a frame back (mode 2026). */
const HOLD_MS = 200;
/** Panels wait this long after a key, so that its echo is not behind them. */
const TYPING_MS = 60;
const SCROLL_LINES = 3;
/** A stopped process is continued by a signal; this is for one that did not stop. */
const RESUME_MS = 20;

/**
 * The agent's pane, the panels and the status bar in one terminal. One module owns the real terminal; the child's
 * screen is painted by cells, the panels by rows, in one synchronized frame.
 */
export class Compositor {
  readonly #options: CompositorOptions;
  readonly #outer: OuterTerminal;
  readonly #clock = new FrameClock(() => this.#paint());
  readonly #picture = new Picture();
  readonly #passage = new Passage(() => this.#clock.dirty());
  readonly #router: InputRouter;
  #pane: ChildPane | undefined;
  #panels: InkSurface | undefined;
  #status: readonly string[] = [];
  #overlay: readonly string[] | undefined;
  #geometry: Geometry;
  #layout: Layout;
  /** The layout to go back to from the panels alone. */
  #besidePanels: Layout;
  #share = 0.38;
  #focus: 'child' | 'panels' = 'child';
  #armed = false;
  #scroll: PaneScroll | undefined;
  /** As the status bar has it. */
  #scrolledShown = 0;
  /** A button that went down in the pane: what follows belongs to the child, wherever it happens. */
  #dragging = false;
  #heldSince: number | undefined;
  #pendingPanels = false;
  #closed = false;
  #childEnded: (exit: ChildExit) => void = () => {};
  readonly #onData = (data: string | Buffer) => this.#router.feed(data.toString());
  readonly #onResize = () => this.relayout();
  readonly #onContinue = () => this.#resume();

  /** Settles when the child is gone and all it wrote is on the screen. */
  readonly ended: Promise<ChildExit>;

  constructor(options: CompositorOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#childEnded = resolve;
    });
    this.#outer = new OuterTerminal(
      options.stdin,
      options.stdout,
      () => this.#clock.dirty(),
      () => this.#gone(),
    );
    this.#layout = options.layout ?? defaultLayout(this.#outer.columns);
    this.#besidePanels = this.#layout === 'panels' ? defaultLayout(this.#outer.columns) : this.#layout;
    this.#geometry = this.#measure();
    this.#router = new InputRouter(
      {
        keys: (text) => this.#keys(text),
        paste: (text, edge) => this.#paste(text, edge),
        mouse: (event) => this.#mouse(event),
        focus: (gained) => this.#focusReport(gained),
        command: options.onCommand,
        armed: (armed) => {
          this.#armed = armed;
          this.redraw();
        },
      },
      options.prefix,
    );
  }

  /**
   * Takes the terminal and starts the child.
   * @throws what {@link CompositorOptions.spawn} throws; the terminal is given back before.
   */
  async start(): Promise<void> {
    const { stdin, stdout } = this.#options;
    stdin.setEncoding('utf8');
    this.#outer.enter();
    let typed = '';
    try {
      const { abilities, read } = await this.#outer.probe(this.#options.probeMs);
      typed = read;
      this.#geometry = this.#measure();
      const { pane } = this.#geometry;
      const size = { columns: pane.width, rows: pane.height };
      this.#pane = new ChildPane({
        pty: this.#options.spawn(size),
        ...size,
        abilities,
        passthrough: this.#passage,
        onDirty: () => this.#clock.dirty(),
        onExit: (exit) => this.#childEnded(exit),
      });
      this.#scroll = new PaneScroll(this.#pane.terminal, () => {
        this.redraw();
        this.#clock.dirty();
      });
    } catch (error) {
      this.#outer.leave();
      throw error;
    }
    stdin.on('data', this.#onData);
    stdout.on('resize', this.#onResize);
    process.on('SIGCONT', this.#onContinue);
    this.redraw();
    this.#router.feed(typed);
  }

  get state(): ScreenState {
    return {
      layout: this.#geometry.layout,
      asked: this.#layout,
      focus: this.#focus,
      armed: this.#armed,
      scrolledBack: this.#scrolledBack,
    };
  }

  /** Process id of the child, once started. */
  get pid(): number | undefined {
    return this.#pane?.pid;
  }

  /** The child is asked to end; its exit ends {@link run}. */
  kill(signal: string): void {
    this.#pane?.kill(signal);
  }

  setLayout(layout: Layout): void {
    if (layout !== 'panels') this.#besidePanels = layout;
    this.#layout = layout;
    this.relayout();
    this.setFocus(layout === 'panels' ? 'panels' : 'child');
  }

  cycleLayout(): void {
    this.setLayout(LAYOUTS[(LAYOUTS.indexOf(this.#layout) + 1) % LAYOUTS.length] ?? 'full');
  }

  /** @param by share of the terminal that goes to the panels, negative to take it back. */
  resizeSplit(by: number): void {
    this.#share = Math.max(0.15, Math.min(0.8, this.#share + by));
    this.relayout();
  }

  scrollHalfPage(up: boolean): void {
    const half = Math.max(1, Math.floor(this.#geometry.pane.height / 2));
    this.#scroll?.by(up ? half : -half);
  }

  /** The prefix key itself, for the child. */
  sendPrefix(): void {
    this.#pane?.type(this.#router.prefixSent);
  }

  /** A sequence for the terminal that is none of the picture. */
  send(sequence: string): void {
    this.#passage.own(sequence);
  }

  /** Gives the keys to one side; the child is brought into sight for it. */
  setFocus(focus: 'child' | 'panels'): void {
    if (focus === 'child' && this.#geometry.layout === 'panels') {
      this.setLayout(this.#besidePanels);
      return;
    }
    const next = focus === 'panels' && this.#geometry.panels ? 'panels' : 'child';
    if (next !== this.#focus) {
      this.#focusReport(false);
      this.#focus = next;
      this.#focusReport(true);
    }
    this.redraw();
  }

  /** Draws panels, status and overlay anew: their contents or the state changed. */
  redraw(): void {
    if (!this.#pane) return;
    // From the moment a dialog is asked for, keys are its own.
    const overlay = this.#options.overlay(this.#geometry.pane, this.state);
    const sameOverlay = (overlay === undefined) === (this.#overlay === undefined);
    if (this.#clock.typedWithin(TYPING_MS) && !this.#armed && sameOverlay) {
      // The echo of a key comes first; a panel commit takes longer than a frame of the child.
      if (this.#pendingPanels) return;
      this.#pendingPanels = true;
      setTimeout(() => {
        this.#pendingPanels = false;
        this.#drawPanels();
      }, TYPING_MS).unref();
      return;
    }
    this.#drawPanels();
  }

  /** The status bar alone, which costs next to nothing. */
  redrawStatus(): void {
    const { status } = this.#geometry;
    if (!this.#pane || status.height === 0) return;
    this.#status = this.#options.status(status, this.state);
    this.#scrolledShown = this.#scrolledBack;
    this.#clock.dirty();
  }

  #drawPanels(): void {
    // What was put off may come after the end: panels drawn then would run for ever.
    if (this.#closed) return;
    const { panels, pane } = this.#geometry;
    if (panels) {
      this.#panels ??= new InkSurface(panels.width, panels.height, () => this.#clock.dirty());
      this.#panels.draw(this.#options.panels(panels, this.state));
    }
    this.redrawStatus();
    const overlay = this.#options.overlay(pane, this.state);
    if ((overlay === undefined) !== (this.#overlay === undefined)) {
      // What lies beneath must be drawn anew.
      this.#picture.forget();
    }
    this.#overlay = overlay;
    this.#clock.dirty();
  }

  #measure(): Geometry {
    return geometry(this.#outer.columns, this.#outer.rows, this.#layout, this.#share);
  }

  /** Measures the terminal and draws everything anew. */
  relayout(): void {
    this.#geometry = this.#measure();
    const { pane, panels } = this.#geometry;
    this.#pane?.resize(pane.width, pane.height);
    if (panels) {
      this.#panels?.resize(panels.width, panels.height);
    } else {
      this.#panels?.close();
      this.#panels = undefined;
      this.#focus = 'child';
    }
    this.#picture.forget();
    this.#drawPanels();
    this.#clock.dirty();
  }

  #paint(): void {
    const pane = this.#pane;
    if (!pane || this.#closed || this.#outer.blocked) return;
    if (pane.holdsFrame) {
      const now = performance.now();
      this.#heldSince ??= now;
      if (now - this.#heldSince < HOLD_MS) {
        this.#clock.later(8);
        return;
      }
    } else {
      this.#heldSince = undefined;
    }

    const scrolledBack = this.#scrolledBack;
    if (scrolledBack !== this.#scrolledShown) this.redrawStatus();
    const childFocused = this.#focus === 'child' && !this.#overlay;
    const modes = this.#outer.mirror(
      childFocused ? { modes: pane.terminal.modes, own: pane.modes() } : undefined,
    );
    const scene = {
      pane,
      scrolledBack,
      childFocused,
      geometry: this.#geometry,
      panels: this.#panels?.rows,
      status: this.#status,
      overlay: this.#overlay,
    };
    const bytes = this.#passage.take() + this.#picture.change(scene, modes);
    if (bytes) this.#outer.write(bytes);
  }

  #keys(text: string): void {
    if (this.#overlay) {
      for (const key of pressedKeys(text)) {
        // What was typed on is nobody's: a key before has closed the dialog.
        if (!this.#options.overlay(this.#geometry.pane, this.state)) return;
        this.#options.onOverlayKeys(key);
      }
      return;
    }
    // Ctrl-Z suspends llmup: a client that got it would stop where no shell can wake it.
    if (text === '\x1a' || isCtrl(text, 'z')) {
      this.suspend();
      return;
    }
    if (this.#focus === 'panels') {
      this.#panels?.keys(text);
      return;
    }
    this.#scroll?.to(0);
    this.#clock.key();
    this.#pane?.type(text);
  }

  #paste(text: string, edge: { readonly first: boolean; readonly last: boolean }): void {
    if (this.#overlay) return;
    if (this.#focus === 'panels') {
      this.#panels?.keys(text);
      return;
    }
    const bracketed = this.#pane?.terminal.modes.bracketedPasteMode;
    const open = bracketed && edge.first ? '\x1b[200~' : '';
    const close = bracketed && edge.last ? '\x1b[201~' : '';
    this.#pane?.send(open + text + close);
  }

  #mouse(event: MouseEvent): void {
    const pane = this.#pane;
    const { pane: area, panels, layout } = this.#geometry;
    if (!pane || this.#overlay) return;
    const isWheel = (event.button & 64) !== 0;
    const pressed = !event.release && (event.button & 0b1100011) < 3;
    if (this.#dragging) {
      if (event.release) this.#dragging = false;
      this.#mouseToChild(pane, clampInto(event, area));
      return;
    }
    if (panels && contains(panels, event.x, event.y)) {
      if (pressed) this.setFocus('panels');
      // The wheel moves the panel's selection, as arrow keys do.
      if (isWheel) this.#panels?.keys(event.button & 1 ? '\x1b[B' : '\x1b[A');
      return;
    }
    if (layout === 'panels' || !contains(area, event.x, event.y)) return;
    if (pressed && this.#focus !== 'child') {
      this.setFocus('child');
      return;
    }
    const { modes, buffer } = pane.terminal;
    if (modes.mouseTrackingMode !== 'none') {
      this.#dragging = pressed;
      this.#mouseToChild(pane, event);
    } else if (isWheel && buffer.active.type === 'alternate') {
      // There is nothing to scroll back to: terminals send arrow keys instead (DECSET 1007).
      const arrow = `\x1b${modes.applicationCursorKeysMode ? 'O' : '['}${event.button & 1 ? 'B' : 'A'}`;
      pane.send(arrow.repeat(SCROLL_LINES));
    } else if (isWheel) {
      this.#scroll?.by(event.button & 1 ? -SCROLL_LINES : SCROLL_LINES);
    }
  }

  #mouseToChild(pane: ChildPane, event: MouseEvent): void {
    const report = mouseReport(event, this.#geometry.pane, pane.modes().sgrMouse);
    if (report !== undefined) pane.send(report);
  }

  #focusReport(gained: boolean): void {
    if (this.#focus === 'child' && this.#pane?.terminal.modes.sendFocusMode) {
      this.#pane.send(gained ? '\x1b[I' : '\x1b[O');
    }
  }

  get #scrolledBack(): number {
    return this.#scroll?.back ?? 0;
  }

  /** Gives the terminal back and stops, as Ctrl-Z does; `fg` resumes. */
  suspend(): void {
    this.#clock.stop();
    this.#outer.leave();
    process.kill(0, 'SIGTSTP');
    // Timers stand still while the process does. Where there is no shell that could wake it, the system does not stop
    // it in the first place, and it goes on at once.
    setTimeout(this.#onContinue, RESUME_MS);
  }

  #resume(): void {
    if (this.#closed) return;
    this.#outer.enter();
    this.relayout();
  }

  #gone(): void {
    if (!this.#closed) this.#options.onGone();
  }

  /** Gives the terminal back; what the child last showed stays in its scrollback. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { stdin, stdout } = this.#options;
    process.off('SIGCONT', this.#onContinue);
    stdout.off('resize', this.#onResize);
    stdin.off('data', this.#onData);
    this.#router.close();
    this.#clock.stop();
    this.#panels?.close();
    this.#outer.leave();
    const text = this.#pane ? lastScreenText(this.#pane.terminal, this.#options.keepLines) : '';
    if (text) stdout.write(text);
    this.#pane?.terminal.dispose();
  }
}

function clampInto(event: MouseEvent, { x, y, width, height }: Rectangle): MouseEvent {
  return {
    ...event,
    x: Math.max(x, Math.min(x + width - 1, event.x)),
    y: Math.max(y, Math.min(y + height - 1, event.y)),
  };
}
