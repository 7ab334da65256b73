import { footerLine, helpLines } from '../key-lines.ts';
import { WATCH_KEYS } from '../keys.ts';
import { fitLine, type Line, STYLE, span } from '../line.ts';
import type { TrafficStore } from '../store.ts';
import { printable } from '../text.ts';
import type { Theme } from '../theme.ts';
import { headerLine, totalsLine } from './bars.ts';
import { frame } from './frame.ts';
import { lossesPanel } from './losses.ts';
import { overlay } from './overlay.ts';
import { routesPanel } from './routes.ts';
import { streamPanel } from './stream.ts';
import { layoutWatch, type WatchLayout } from './watch-layout.ts';
import { selectedExchange, type WatchFocus, type WatchState } from './watch-state.ts';

export interface WatchScreenProps {
  readonly store: TrafficStore;
  readonly state: WatchState;
  /** The receipt as text, once there is one. */
  readonly receipt: string | undefined;
  readonly now: number;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** Smaller than this no panel says anything. */
const LEAST = { width: 24, height: 6 };

/** The whole screen of a viewer: exactly `height` rows of `width` cells, top to bottom. */
export function watchScreen(props: WatchScreenProps): readonly Line[] {
  const { store, width, height, theme } = props;
  const small = width < LEAST.width || height < LEAST.height;
  const lines = small ? [totalsLine(store.totals, width, theme)] : panels(props);
  return Array.from({ length: height }, (_, row) => fitLine(lines[row] ?? [], width, theme));
}

/** How the screen is divided at the moment: a receipt has all of the lower part. */
export function watchLayoutOf(store: TrafficStore, state: WatchState, height: number): WatchLayout {
  return layoutWatch(height, showsReceipt(store, state) ? false : state.losses);
}

/** The panels on the screen, in the order that tab goes. */
export function shownPanels(layout: WatchLayout): readonly WatchFocus[] {
  return (['routes', 'stream', 'losses'] as const).filter((panel) => layout[panel] > 0);
}

function focusOf(state: WatchState, layout: WatchLayout): WatchFocus {
  return shownPanels(layout).includes(state.focus) ? state.focus : 'routes';
}

/** Once the session is over its receipt stands where the stream was, until an exchange is chosen. */
function showsReceipt(store: TrafficStore, state: WatchState): boolean {
  return store.closed && state.held === undefined && state.focus === 'routes';
}

function panels(props: WatchScreenProps): readonly Line[] {
  const { store, state, now, width, height, theme } = props;
  const layout = watchLayoutOf(store, state, height);
  const exchange = selectedExchange(state, store.exchanges);
  const size = { width, now, theme };
  const lines = [
    ...(layout.header ? [headerLine(store.session, store.closed, now, width, theme)] : []),
    ...(layout.routes
      ? routesPanel({
          ...size,
          exchanges: store.exchanges,
          totals: store.totals,
          selected: exchange,
          held: state.held !== undefined,
          focused: focusOf(state, layout) === 'routes',
          proxyUrl: store.session?.proxyUrl,
          height: layout.routes,
        })
      : []),
    ...(layout.stream ? streamOrReceipt(props, layout.stream) : []),
    ...(layout.losses
      ? lossesPanel({
          ...size,
          exchange,
          top: state.lossTop,
          focused: state.focus === 'losses',
          height: layout.losses,
        })
      : []),
    ...(layout.totals ? [totalsLine(store.totals, width, theme)] : []),
    ...(layout.footer ? [footer(props)] : []),
  ];
  return state.help ? overlay(lines, helpLines(WATCH_KEYS, theme), 'Keys', { width, height }, theme) : lines;
}

function streamOrReceipt(props: WatchScreenProps, height: number): readonly Line[] {
  const { store, state, now, width, theme, receipt } = props;
  if (showsReceipt(store, state)) {
    const text = receipt ?? 'The session ended without a receipt: its llmup process is gone.';
    const content = printable(text, theme.ascii)
      .split('\n')
      .map((line, row) => [span(line, row === 0 ? STYLE.strong : {})]);
    return frame(content, {
      title: 'Receipt',
      note: [span('session ended', STYLE.warn)],
      width,
      height,
      theme,
    });
  }
  const exchange = selectedExchange(state, store.exchanges);
  return streamPanel({
    exchange,
    stream: exchange && store.streamOf(exchange.id),
    follow: state.held === undefined,
    top: state.top,
    focused: state.focus === 'stream',
    now,
    width,
    height,
    theme,
  });
}

function footer({ store, state, width, theme }: WatchScreenProps): Line {
  return footerLine(WATCH_KEYS, width, theme, {
    up: state.focus === 'routes' ? 'select' : 'scroll',
    quit: store.closed ? 'quit, print the receipt' : 'quit',
  });
}
