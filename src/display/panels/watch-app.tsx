import { useInput } from 'ink';
import { useCallback, useState } from 'react';
import { formatReceipt } from '../../traffic/receipt-text.ts';
import { WATCH_KEYS } from '../keys.ts';
import { Lines } from '../lines.tsx';
import { type RedrawPace, useTraffic } from '../redraw.ts';
import type { TrafficStore } from '../store.ts';
import { actionOf, strokesOf } from '../strokes.ts';
import type { TerminalSize } from '../terminal.ts';
import type { Theme } from '../theme.ts';
import { lastLossTop } from './losses.ts';
import { lastTop } from './stream.ts';
import { shownPanels, watchLayoutOf, watchScreen } from './watch-screen.ts';
import {
  INITIAL_WATCH_STATE,
  reduceWatch,
  selectedExchange,
  type WatchScene,
  type WatchState,
} from './watch-state.ts';

export interface WatchAppProps {
  readonly store: TrafficStore;
  readonly size: TerminalSize;
  readonly theme: Theme;
  readonly onQuit: () => void;
  readonly pace?: RedrawPace;
}

/** The panels of a viewer on a screen of `size`, driven by keys and by the store. */
export function WatchApp({ store, size, theme, onQuit, pace }: WatchAppProps) {
  const [state, setState] = useState(INITIAL_WATCH_STATE);
  const ticking = !store.closed && (store.session !== undefined || store.totals.running > 0);
  const now = useTraffic(store, ticking, pace);

  useInput(
    useCallback(
      (input, key) => {
        for (const stroke of strokesOf(input, key)) {
          const action = actionOf(WATCH_KEYS, stroke);
          if (action === 'quit') onQuit();
          else if (action)
            setState((before) => reduceWatch(before, action, sceneOf(before, store, size, theme)));
        }
      },
      [store, size, theme, onQuit],
    ),
  );

  const { columns: width, rows: height } = size;
  const receipt = store.receipt && formatReceipt(store.receipt, { ascii: theme.ascii });
  const lines = watchScreen({ store, state, receipt, now, width, height, theme });
  return <Lines lines={lines} width={width} height={height} theme={theme} />;
}

/** What a key can do on this screen, at this moment. */
function sceneOf(state: WatchState, store: TrafficStore, size: TerminalSize, theme: Theme): WatchScene {
  const layout = watchLayoutOf(store, state, size.rows);
  const exchange = selectedExchange(state, store.exchanges);
  const { columns: width } = size;
  return {
    exchanges: store.exchanges,
    shown: shownPanels(layout),
    page: Math.max(1, layout[state.focus] - 4),
    lastTop: () =>
      state.focus === 'losses'
        ? lastLossTop(exchange, width, layout.losses, theme)
        : lastTop(exchange && store.streamOf(exchange.id), width, layout.stream, theme),
  };
}
