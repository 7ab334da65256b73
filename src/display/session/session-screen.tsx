import type { ReadStream, WriteStream } from 'node:tty';
import type { WatchMessage } from '../../sessions/view.ts';
import { ansiRow } from '../ansi-row.ts';
import type { AskForBodies } from '../bodies.ts';
import type { Pty } from '../compositor/child-pane.ts';
import {
  type ChildExit,
  Compositor,
  type ScreenState,
  type Size,
  type SpawnSize,
} from '../compositor/compositor.ts';
import type { Prefix } from '../compositor/input-router.ts';
import type { Layout } from '../compositor/layout.ts';
import { helpLines, helpWindow } from '../key-lines.ts';
import { type Line, span } from '../line.ts';
import { overlay } from '../panels/overlay.ts';
import { WatchApp } from '../panels/watch-app.tsx';
import { TrafficStore } from '../store.ts';
import { actionOf } from '../strokes.ts';
import type { Theme } from '../theme.ts';
import { prefixKeyName, SESSION_KEYS, type SessionAction } from './prefix-keys.ts';
import { statusBar } from './status-bar.ts';

export interface SessionScreenOptions {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream & { readonly fd: number };
  readonly theme: Theme;
  readonly prefix: Prefix;
  /** Absent chooses by the terminal's width. */
  readonly layout?: Layout;
  /** Every message of the session, in order. Returns the way to stop. */
  readonly subscribe: (listener: (message: WatchMessage) => void) => () => void;
  readonly bodies: AskForBodies;
  /** Hands over notes of llmup's own as they come. */
  readonly notes: (listener: (line: string) => void) => void;
  /** Starts the agent in a PTY. */
  readonly spawn: (size: SpawnSize) => Pty;
  /** The user asked, and confirmed, to end the session. A second time asks harder. */
  readonly onEnd: () => void;
  /** The terminal was closed. */
  readonly onGone: () => void;
}

/** The panels need not be quicker while the agent has the keyboard. */
const PANEL_PACE = { streaming: 250, event: 60, clock: 1000 };
/** How long a terminal may take to say what it can do. */
const PROBE_MS = 250;
/** Lines of the agent's screen that stay in the scrollback. */
const KEEP_LINES = 2000;
/** Keys that scroll a help by lines, in either mode of the arrow keys. */
const LINE_KEYS: Readonly<Record<string, 1 | -1>> = {
  k: -1,
  j: 1,
  '\x1b[A': -1,
  '\x1b[B': 1,
  '\x1bOA': -1,
  '\x1bOB': 1,
};
/** Milliseconds that a note stays on the status bar. */
const NOTE_MS = 8000;

/** The agent and its traffic side by side in one terminal, until the agent ends. */
export class SessionScreen {
  readonly #options: SessionScreenOptions;
  readonly #store = new TrafficStore();
  readonly #compositor: Compositor;
  #dialog: 'none' | 'help' | 'end' = 'none';
  /** The first line of the help that is shown, where not all of it fits. */
  #helpTop = 0;
  #ending = false;
  #lastDeltaAt: number | undefined;
  #statusTimer: NodeJS.Timeout | undefined;
  #statusDrawn = 0;
  #statusDue = 0;
  #note: string | undefined;
  #noteTimer: NodeJS.Timeout | undefined;
  #release: () => void = () => {};
  readonly #send = (sequence: string) => this.#compositor.send(sequence);
  readonly #toAgent = () => this.#compositor.setFocus('child');

  constructor(options: SessionScreenOptions) {
    this.#options = options;
    const { stdin, stdout, prefix, layout, spawn, theme } = options;
    this.#compositor = new Compositor({
      stdin,
      stdout,
      prefix,
      ...(layout && { layout }),
      spawn,
      panels: ({ width, height }, { focus }) => (
        <WatchApp
          store={this.#store}
          size={{ columns: width, rows: height }}
          theme={theme}
          pace={PANEL_PACE}
          pane
          idle={focus === 'child' ? `${prefix.label} tab  moves the keys here` : undefined}
          bodies={options.bodies}
          onSequence={this.#send}
          onQuit={this.#toAgent}
        />
      ),
      status: (size, state) => [ansiRow(this.#status(size, state), theme)],
      overlay: (size) => this.#overlay(size)?.map((line) => ansiRow(line, theme)),
      onCommand: (key) => this.#command(key),
      onOverlayKeys: (key) => this.#answer(key),
      onGone: options.onGone,
      probeMs: PROBE_MS,
      keepLines: KEEP_LINES,
    });
  }

  /** Takes the terminal and starts the agent. @throws when it cannot be started; the terminal is given back before. */
  async start(): Promise<void> {
    await this.#compositor.start();
    const unsubscribe = this.#options.subscribe((message) => {
      if (message.type === 'delta' || message.type === 'exchange') this.#lastDeltaAt = Date.now();
      this.#store.push(message);
    });
    const forget = this.#store.subscribe((urgency) =>
      this.#statusSoon(urgency === 'now' ? PANEL_PACE.event : PANEL_PACE.streaming),
    );
    this.#options.notes((line) => this.#tell(line));
    this.#compositor.redrawStatus();
    // Times on the status bar run while an exchange does.
    const clock = setInterval(() => {
      if (this.#store.totals.running > 0) this.#compositor.redrawStatus();
    }, 1000);
    this.#release = () => {
      clearInterval(clock);
      clearTimeout(this.#statusTimer);
      clearTimeout(this.#noteTimer);
      forget();
      unsubscribe();
    };
  }

  get ended(): Promise<ChildExit> {
    return this.#compositor.ended;
  }

  /** Gives the terminal back. */
  close(): void {
    this.#release();
    this.#compositor.close();
  }

  /** Shows a note on the status bar for a while. */
  #tell(line: string): void {
    this.#note = line;
    this.#store.note(line);
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => {
      this.#note = undefined;
      this.#compositor.redrawStatus();
    }, NOTE_MS);
    this.#compositor.redrawStatus();
  }

  get pid(): number | undefined {
    return this.#compositor.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#compositor.kill(signal);
  }

  /** What starts or ends is shown soon; a count that runs, a few times a second. */
  #statusSoon(pace: number): void {
    const due = Math.max(performance.now(), this.#statusDrawn + pace);
    if (this.#statusTimer && this.#statusDue <= due) return;
    clearTimeout(this.#statusTimer);
    this.#statusDue = due;
    this.#statusTimer = setTimeout(() => {
      this.#statusTimer = undefined;
      this.#statusDrawn = performance.now();
      this.#compositor.redrawStatus();
    }, due - performance.now());
  }

  #status({ width }: Size, state: ScreenState): Line {
    const { prefix, theme } = this.#options;
    const notice =
      this.#dialog === 'end'
        ? 'End the session? y ends it, any other key goes back.'
        : this.#ending
          ? `Ending. ${prefix.label} q again ends it at once.`
          : this.#note;
    return statusBar({
      store: this.#store,
      state,
      prefix: prefix.label,
      notice,
      lastDeltaAt: this.#lastDeltaAt,
      now: Date.now(),
      width,
      theme,
    });
  }

  #overlay({ width, height }: Size): readonly Line[] | undefined {
    const { theme, prefix } = this.#options;
    if (this.#dialog === 'none') return undefined;
    if (this.#dialog === 'help') {
      const help = helpWindow(helpLines(SESSION_KEYS, width, theme), this.#helpTop, height);
      this.#helpTop = Math.min(this.#helpTop, help.lastTop);
      return overlay([], help.lines, `Keys after ${prefix.label}`, { width, height }, theme);
    }
    const question = [
      [span('The agent is asked to end; what it has not saved is lost.')],
      [span('')],
      [span('y  end the session      any other key  go back', { bold: true })],
    ];
    return overlay([], question, 'End the session?', { width, height }, theme);
  }

  #command(key: string): void {
    const action = actionOf(SESSION_KEYS, { text: prefixKeyName(key) });
    if (action) this.#perform(action);
  }

  #perform(action: SessionAction): void {
    const compositor = this.#compositor;
    switch (action) {
      case 'full':
      case 'right':
      case 'bottom':
      case 'panels':
        compositor.setLayout(action);
        break;
      case 'cycle':
        compositor.cycleLayout();
        break;
      case 'wider':
      case 'narrower':
        compositor.resizeSplit(action === 'wider' ? 0.05 : -0.05);
        break;
      case 'focus':
        compositor.setFocus(compositor.state.focus === 'child' ? 'panels' : 'child');
        break;
      case 'scroll-up':
      case 'scroll-down':
        compositor.scrollHalfPage(action === 'scroll-up');
        break;
      case 'redraw':
        compositor.relayout();
        break;
      case 'suspend':
        compositor.suspend();
        break;
      case 'literal':
        compositor.sendPrefix();
        break;
      case 'help':
        this.#show('help');
        break;
      case 'end':
        if (this.#ending) this.#options.onEnd();
        else this.#show('end');
        break;
    }
  }

  #show(dialog: 'none' | 'help' | 'end'): void {
    this.#dialog = dialog;
    this.#helpTop = 0;
    this.#compositor.redraw();
  }

  /** A key while a dialog is shown. */
  #answer(key: string): void {
    const scrolls = this.#dialog === 'help' ? LINE_KEYS[key] : undefined;
    if (scrolls !== undefined) {
      this.#helpTop = Math.max(0, this.#helpTop + scrolls);
      this.#compositor.redraw();
      return;
    }
    const confirmed = this.#dialog === 'end' && prefixKeyName(key).toLowerCase() === 'y';
    if (confirmed) this.#ending = true;
    this.#show('none');
    if (confirmed) this.#options.onEnd();
  }
}
