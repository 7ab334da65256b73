import type { Exchange } from '../../traffic/exchange.ts';
import { lineText } from '../line.ts';
import { newestOf } from '../newest.ts';
import { exchangeSentence } from '../plain.ts';
import { bodyOf } from './detail/document.ts';
import { changeLines, changesCount, detailPage, detailWidth } from './detail/panel.ts';
import { FRAME_COLUMNS, FRAME_ROWS } from './frame.ts';
import { lastLogTop } from './log.ts';
import { lastLossTop } from './losses.ts';
import { orderExchanges } from './route-order.ts';
import { lastTop, streamMatch } from './stream.ts';
import { lastUpstreamTop } from './upstreams.ts';
import { placeOf, shownPanels } from './watch-layout.ts';
import { helpLastTop, panelsOf, type WatchScreenProps, watchLayoutOf } from './watch-screen.ts';
import { selectedExchange, type WatchScene } from './watch-state.ts';

/** What is drawn, and the exchange that its keys are about. */
type Screen = Omit<WatchScreenProps, 'source'>;

/** The exchange in view. */
export function selectedIn({ view, state, now }: Screen): Exchange | undefined {
  return selectedExchange(state, view.exchanges, orderExchanges(view.exchanges, state.order, now));
}

/** What a key can do on this screen, at this moment. */
export function sceneOf(screen: WatchScreenProps): WatchScene {
  const { view, state, source, sessions, now, height, theme } = screen;
  const layout = watchLayoutOf(screen);
  const exchanges = orderExchanges(view.exchanges, state.order, now);
  const selected = selectedExchange(state, view.exchanges, exchanges);
  const stream = selected && view.streamOf(selected.id);
  const own = placeOf(layout, state.focus) ?? { width: screen.width, height };
  const streamWidth = placeOf(layout, 'stream')?.width ?? screen.width;
  const lastTops = {
    stream: () => lastTop(stream, own.width, own.height, theme),
    losses: () => lastLossTop(selected, own.width, own.height, theme),
    upstreams: () => lastUpstreamTop(view.upstreams, own.height),
    log: () => lastLogTop(view.log, own.width, own.height, theme),
    routes: () => 0,
    detail: () => 0,
    sessions: () => 0,
  };
  return {
    exchanges,
    selected,
    newest: newestOf(exchanges),
    shown: shownPanels(layout),
    panels: panelsOf(sessions !== undefined),
    page: Math.max(1, own.height - FRAME_ROWS - 2),
    lastTop: lastTops[state.focus],
    streamMatch: (query, from, by) => streamMatch(stream, query, from, by, streamWidth, theme),
    detail: {
      source,
      width: detailWidth(own.width),
      page: detailPage(own.height),
      changes: () => changesCount(selected, own.width - FRAME_COLUMNS, theme),
    },
    sessions: sessions?.rows?.length ?? 0,
    helpLastTop: helpLastTop(screen),
  };
}

/** What a copy in the panel in focus takes: a summary, what the model said, or a whole body. */
export function textToCopy(screen: WatchScreenProps): { readonly text: string; readonly what: string } {
  const { view, state, source, theme } = screen;
  const selected = selectedIn(screen);
  if (!selected) return { text: '', what: '' };
  if (state.focus === 'stream') {
    const segments = view.streamOf(selected.id)?.segments ?? [];
    const text = segments.map(({ toolName, text }) => (toolName ? `${toolName} ${text}` : text)).join('\n\n');
    return { text, what: 'the text' };
  }
  if (state.focus !== 'detail') return { text: exchangeSentence(selected, theme), what: 'the summary' };
  const { tab } = state.detail;
  if (tab === 'changes') {
    return { text: changeLines(selected, 120, theme).map(lineText).join('\n'), what: 'the changes' };
  }
  const body = source.kind === 'ready' ? bodyOf(source.bodies, tab) : undefined;
  return { text: body?.text ?? '', what: 'the body' };
}
