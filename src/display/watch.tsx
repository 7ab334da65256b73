import { homedir } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { WatchMessage } from '../sessions/view.ts';
import { isFinal } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { formatReceipt } from '../traffic/receipt-text.ts';
import { drawsScreens } from './ability.ts';
import type { AskForBodies } from './bodies.ts';
import type { SessionRow } from './panels/sessions.ts';
import { WatchApp } from './panels/watch-app.tsx';
import { exchangeSentence, sessionSentence } from './plain.ts';
import { TrafficStore } from './store.ts';
import { FullScreen } from './terminal.ts';
import { createTheme, type Theme } from './theme.ts';

/** Where the messages come from: a session's socket, or the bus of this very process. */
export interface WatchFeed {
  /** Hands over every message from here on, in order. Returns the way to stop. */
  subscribe(listener: (message: WatchMessage) => void): () => void;
  /** Settles when nothing more will come. */
  readonly closed: Promise<void>;
  /** For Detail; without it there are no bodies to look at. */
  readonly bodies?: AskForBodies;
}

/** What can be watched on this machine. */
export interface WatchChoices {
  /** Running ones first, the newest first. */
  readonly list: () => Promise<readonly SessionRow[]>;
  /** Connects to one that runs. @throws an Error that says why it cannot be watched. */
  readonly open: (session: SessionRow) => Promise<WatchFeed>;
}

export interface WatchScreenOptions {
  /** Absent, a list to choose from is shown first: `choices` is then given, and a terminal to show it on. */
  readonly source?: WatchFeed | undefined;
  readonly choices?: WatchChoices | undefined;
  /** One line for each finished exchange instead of a screen; also what happens without a terminal. */
  readonly plain?: boolean | undefined;
  readonly ascii?: boolean | undefined;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The user ended the view while the source was still open. With it, quitting ends the source too: its last words,
   * the receipt among them, are waited for.
   */
  readonly onQuit?: () => void;
}

/**
 * Shows the traffic of a session or a proxy until the user quits, then prints the receipt, if there is one by then,
 * so that it stays in the scrollback. Without a terminal it prints lines until the source closes.
 *
 * @returns the exit code: 0, or 128+n when a signal ended the view
 */
export async function runWatchScreen(options: WatchScreenOptions): Promise<number> {
  const { stdin, stdout, env = process.env } = options;
  const theme = createTheme({ ascii: options.ascii }, env);
  return options.plain || !drawsScreens({ stdin, stdout }, env)
    ? watchPlainly(options, theme)
    : watchOnScreen(options, theme);
}

async function watchOnScreen(options: WatchScreenOptions, theme: Theme): Promise<number> {
  const { source, choices, stdin, stdout, onQuit } = options;
  let watched = source ? new Watched(source) : new Watched(NOTHING);
  let quit: (exitCode: number) => void = () => {};
  const asked = new Promise<number>((resolve) => {
    quit = resolve;
  });
  const onQuitKey = () => quit(0);
  const onSequence = (sequence: string) => screen.send(sequence);
  const sessions = choices && {
    list: choices.list,
    open: async (session: SessionRow) => {
      const next = new Watched(await choices.open(session));
      watched.leave();
      watched = next;
      screen.redraw();
    },
  };
  const screen: FullScreen = new FullScreen({ stdin, stdout }, (size) => (
    <WatchApp
      // Another session is looked at from its start.
      key={watched.key}
      store={watched.store}
      bodies={watched.feed.bodies}
      size={size}
      theme={theme}
      sessions={sessions}
      start={watched.feed === NOTHING ? 'sessions' : 'routes'}
      onQuit={onQuitKey}
      onSequence={onSequence}
    />
  ));
  try {
    const exitCode = await Promise.race([asked, screen.ended]);
    screen.close();
    if (onQuit && !watched.store.closed) {
      onQuit();
      await watched.feed.closed;
    }
    const { receipt } = watched.store;
    if (receipt) stdout.write(receiptText(receipt, theme, theme.color));
    return exitCode;
  } finally {
    screen.close();
    watched.leave();
  }
}

/** The feed before one is chosen. */
const NOTHING: WatchFeed = { subscribe: () => () => {}, closed: new Promise(() => {}) };

/** A session in view: its feed, and what came of it so far. */
class Watched {
  static #count = 0;
  readonly key = String(Watched.#count++);
  readonly store = new TrafficStore();
  readonly feed: WatchFeed;
  readonly leave: () => void;

  constructor(feed: WatchFeed) {
    this.feed = feed;
    this.leave = feed.subscribe((message) => this.store.push(message));
    const close = () => this.store.close();
    feed.closed.then(close, close);
  }
}

/** Sentences, one for each finished exchange, as they finish. */
async function watchPlainly({ source = NOTHING, stdout }: WatchScreenOptions, theme: Theme): Promise<number> {
  const told = new Set<string>();
  const say = (text: string) => stdout.write(`${text}\n`);
  const unsubscribe = source.subscribe((message) => {
    if (message.type === 'hello') say(sessionSentence(message.session, theme));
    if (message.type === 'receipt') stdout.write(`\n${receiptText(message.receipt, theme, false)}`);
    if (message.type !== 'exchange') return;
    const { exchange } = message;
    if (!isFinal(exchange.state) || told.has(exchange.id)) return;
    told.add(exchange.id);
    say(exchangeSentence(exchange, theme));
  });
  try {
    // A reader that goes away (`| head`) ends the view like a quit.
    const gone = new Promise<void>((resolve) => stdout.once('error', () => resolve()));
    await Promise.race([source.closed, gone]);
    return 0;
  } finally {
    unsubscribe();
  }
}

function receiptText(receipt: Receipt, theme: Theme, colour: boolean): string {
  return formatReceipt(receipt, { ascii: theme.ascii, colour, home: homedir() });
}
