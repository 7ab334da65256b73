import type { Exchange } from '../../traffic/exchange.ts';
import { formatReceipt } from '../../traffic/receipt-text.ts';
import { footerLine, helpLines, helpWindow } from '../key-lines.ts';
import { FIELD_KEYS, keysOf, type WatchAction } from '../keys.ts';
import { fitLine, type Line, STYLE, span, spread } from '../line.ts';
import type { TrafficView } from '../store.ts';
import { printable } from '../text.ts';
import type { Theme } from '../theme.ts';
import { headerLine, totalsLine } from './bars.ts';
import { detailPanel } from './detail/panel.ts';
import type { DetailSource } from './detail/source.ts';
import { frame, type Place, type Tabs } from './frame.ts';
import { logPanel } from './log.ts';
import { lossesPanel } from './losses.ts';
import { overlay } from './overlay.ts';
import { orderExchanges } from './route-order.ts';
import { routesPanel } from './routes.ts';
import { type SessionRow, sessionsPanel } from './sessions.ts';
import { streamPanel } from './stream.ts';
import { upstreamsPanel } from './upstreams.ts';
import { layoutWatch, type Slot, type WatchLayout } from './watch-layout.ts';
import { PANEL_NAMES, panelNumber, WATCH_PANELS, type WatchPanel } from './watch-panel.ts';
import { selectedExchange, type WatchState } from './watch-state.ts';

export interface WatchScreenProps {
  readonly view: TrafficView;
  readonly state: WatchState;
  /** Of the selected exchange, for Detail. */
  readonly source: DetailSource;
  /** Absent where there are no others to watch. */
  readonly sessions: { readonly rows: readonly SessionRow[] | undefined } | undefined;
  /** In a pane of a session, whose own bar says what it is. */
  readonly pane: boolean;
  /** What brings the keys here, while they go elsewhere. */
  readonly idle: string | undefined;
  readonly paused: boolean;
  readonly now: number;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** Smaller than this no panel says anything. */
const LEAST = { width: 24, height: 5 };

/** The whole screen of a viewer: exactly `height` rows of `width` cells, top to bottom. */
export function watchScreen(props: WatchScreenProps): readonly Line[] {
  const { view, width, height, theme } = props;
  const small = width < LEAST.width || height < LEAST.height;
  const lines = small ? [totalsLine(view.totals, width, theme)] : panels(props);
  return Array.from({ length: height }, (_, row) => fitLine(lines[row] ?? [], width, theme));
}

/** How the screen is divided at the moment. */
export function watchLayoutOf(
  props: Pick<WatchScreenProps, 'view' | 'state' | 'sessions' | 'pane' | 'width' | 'height'>,
): WatchLayout {
  const { view, state, sessions, pane, width, height } = props;
  const { focus, third } = state;
  const beside = showsReceipt(view, state) ? 'stream' : state.beside;
  return layoutWatch({ width, height, focus, beside, third, pane, panels: panelsOf(sessions !== undefined) });
}

/** The panels that can be brought up. */
export function panelsOf(sessions: boolean): readonly WatchPanel[] {
  return sessions ? WATCH_PANELS : WATCH_PANELS.filter((panel) => panel !== 'sessions');
}

/** Lines of the help that do not fit, and so the largest first line of what is shown. */
export function helpLastTop(screen: Omit<WatchScreenProps, 'source'>): number {
  return helpWindow(helpOf(screen), 0, screen.height).lastTop;
}

/** The keys that mean something at the moment. */
function helpOf({ state, sessions, width, theme }: Omit<WatchScreenProps, 'source'>): readonly Line[] {
  const shown = keysOf(state.focus).filter(({ action }) => sessions || action !== 'panel-sessions');
  return helpLines(shown, width, theme);
}

/** What the panels of one frame have in common. */
interface Scene extends WatchScreenProps {
  /** As Routes shows them. */
  readonly ordered: readonly Exchange[];
  readonly selected: Exchange | undefined;
}

function panels(props: WatchScreenProps): readonly Line[] {
  const { view, state, now, width, height, theme } = props;
  const layout = watchLayoutOf(props);
  const ordered = orderExchanges(view.exchanges, state.order, now);
  const scene: Scene = { ...props, ordered, selected: selectedExchange(state, view.exchanges, ordered) };
  const columns = layout.columns.map(({ width: cells, slots }) =>
    slots.flatMap((slot) => panelLines(slot, { ...scene, width: cells })),
  );
  const [first = [], ...others] = columns;
  const body = first.map((line, row) => [...line, ...others.flatMap((column) => column[row] ?? [])]);
  const lines = [
    ...(layout.header ? [headerLine(view.session, view.closed, now, width, theme)] : []),
    ...body,
    ...(layout.totals ? [totalsLine(view.totals, width, theme)] : []),
    ...(layout.footer ? [footer(scene)] : []),
  ];
  if (state.help === undefined) return lines;
  const help = helpWindow(helpOf(props), state.help, height);
  return overlay(lines, help.lines, `Keys in ${PANEL_NAMES[state.focus]}`, { width, height }, theme);
}

/** One panel in its place. */
function panelLines({ panel, height, choices }: Slot, scene: Scene): readonly Line[] {
  const { view, state, selected, ordered, now, width, theme, source, sessions } = scene;
  const focused = scene.idle === undefined && state.focus === panel;
  const place: Place = { focused, tabs: tabsOf(panel, choices), width, height, theme };
  const query = state.query;
  const typed = focused && state.field?.kind === 'query' ? state.field.text : undefined;
  switch (panel) {
    case 'routes':
      return routesPanel({
        ...place,
        exchanges: ordered,
        order: state.order,
        typing: state.field?.kind === 'filter',
        totals: view.totals,
        cost: !scene.pane,
        selected,
        held: state.held !== undefined,
        proxyUrl: view.session?.proxyUrl,
        now,
      });
    case 'stream': {
      if (showsReceipt(view, state)) return receiptPanel(scene, place);
      const stream = selected && view.streamOf(selected.id);
      const follow = state.held === undefined;
      return streamPanel({
        ...place,
        exchange: selected,
        stream,
        follow,
        top: state.tops.stream,
        query,
        typed,
        now,
      });
    }
    case 'detail':
      return detailPanel({ ...place, exchange: selected, source, state: state.detail, query, typed, now });
    case 'losses':
      return lossesPanel({ ...place, exchange: selected, top: state.tops.losses ?? 0 });
    case 'upstreams':
      return upstreamsPanel({ ...place, upstreams: view.upstreams, top: state.tops.upstreams ?? 0, now });
    case 'sessions':
      return sessionsPanel({
        ...place,
        sessions: sessions?.rows,
        watched: view.session?.id,
        at: state.session,
        now: Date.now(),
      });
    case 'log':
      return logPanel({ ...place, entries: view.log, top: state.tops.log });
  }
}

/** The other panels that could stand in a place. Routes beside others needs no number to be found. */
function tabsOf(panel: WatchPanel, choices: readonly WatchPanel[]): Tabs {
  const tab = (each: WatchPanel) => ({ key: panelNumber(each), name: PANEL_NAMES[each] });
  const at = choices.indexOf(panel);
  return {
    before: choices.slice(0, Math.max(0, at)).map(tab),
    key: panelNumber(panel),
    after: choices.slice(at + 1).map(tab),
  };
}

/** Once the session is over its receipt stands where the stream was, until an exchange is chosen. */
function showsReceipt(view: TrafficView, state: WatchState): boolean {
  return view.closed && state.held === undefined && state.focus === 'routes';
}

function receiptPanel({ view: { receipt }, theme }: Scene, place: Place): readonly Line[] {
  const text = receipt
    ? formatReceipt(receipt, { ascii: theme.ascii })
    : 'The session ended without a receipt: its llmup process is gone.';
  const content = printable(text, theme.ascii)
    .split('\n')
    .map((line, row) => [span(line, row === 0 ? STYLE.strong : {})]);
  return frame(content, { ...place, title: 'Receipt', note: [span('session ended', STYLE.warn)] });
}

function footer({ view, state, paused, pane, idle, width, theme }: Scene): Line {
  const { field, focus, message } = state;
  if (idle !== undefined) return spread([span(` ${idle}`, STYLE.dim)], [], width, theme);
  if (field) {
    const submit = field.kind === 'filter' ? 'keep the filter' : 'search';
    return footerLine(FIELD_KEYS, width, theme, { submit });
  }
  if (message !== undefined) return spread([span(` ${message}`, STYLE.warn)], [], width, theme);
  const labels: Partial<Record<WatchAction, string>> = {
    up: focus === 'routes' || focus === 'sessions' ? 'select' : 'scroll',
    open: focus === 'sessions' ? 'watch' : focus === 'detail' ? 'fold' : 'detail',
    find: focus === 'routes' ? 'filter' : 'search',
    quit: pane ? 'to the agent' : view.closed && view.receipt ? 'quit, print the receipt' : 'quit',
  };
  const mark = paused ? [span(' paused ', STYLE.selected), span(' p goes on ', STYLE.warn)] : [];
  const keys = paused ? keysOf(focus).filter(({ action }) => action !== 'pause') : keysOf(focus);
  const room = width - mark.reduce((sum, { text }) => sum + text.length, 0);
  return [...mark, ...footerLine(keys, room, theme, labels)];
}
