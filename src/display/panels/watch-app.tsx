import { useInput } from 'ink';
import { useCallback, useMemo, useRef, useState } from 'react';
import { type AskForBodies, useBodies } from '../bodies.ts';
import { copyText } from '../clipboard.ts';
import { formatBytes } from '../format.ts';
import { keysOf, type WatchAction } from '../keys.ts';
import { Lines } from '../lines.tsx';
import { type RedrawPace, useTraffic } from '../redraw.ts';
import { type SessionsFeed, useSessions } from '../sessions-feed.ts';
import type { TrafficStore, TrafficView } from '../store.ts';
import { actionOf, strokesOf } from '../strokes.ts';
import type { TerminalSize } from '../terminal.ts';
import type { Theme } from '../theme.ts';
import { sceneOf, selectedIn, textToCopy } from './watch-scene.ts';
import { type WatchScreenProps, watchScreen } from './watch-screen.ts';
import { INITIAL_WATCH_STATE, reduceWatch, typeInField, type WatchState } from './watch-state.ts';

export interface WatchAppProps {
  readonly store: TrafficStore;
  readonly size: TerminalSize;
  readonly theme: Theme;
  readonly onQuit: () => void;
  /** For Detail; without it there are no bodies to look at. */
  readonly bodies?: AskForBodies | undefined;
  /** Sends a sequence to the terminal that is none of the picture: what was copied. */
  readonly onSequence?: ((sequence: string) => void) | undefined;
  /** Others that can be watched; without it there is no Sessions panel. */
  readonly sessions?: SessionsFeed | undefined;
  /** In a pane of a session, whose own bar says what it is and what it came to. */
  readonly pane?: boolean;
  /** What brings the keys here, while they go elsewhere. */
  readonly idle?: string | undefined;
  /** The panel to start with. */
  readonly start?: 'routes' | 'sessions';
  readonly pace?: RedrawPace;
}

/** The panels of a viewer on a screen of `size`, driven by keys and by the store. */
export function WatchApp(props: WatchAppProps) {
  const { store, size, theme, onQuit, onSequence, sessions: feed, pane = false, idle, pace } = props;
  const [state, setState] = useState<WatchState>({ ...INITIAL_WATCH_STATE, focus: props.start ?? 'routes' });
  const [frozen, setFrozen] = useState<{ readonly view: TrafficView; readonly now: number }>();
  const ticking = !store.closed && !frozen && (store.session !== undefined || store.totals.running > 0);
  const clock = useTraffic(store, ticking, pace);
  const now = frozen?.now ?? clock;
  const view: TrafficView = frozen?.view ?? store;
  const rows = useSessions(feed, state.focus === 'sessions');
  const sessions = useMemo(() => feed && { rows }, [feed, rows]);

  const { columns: width, rows: height } = size;
  const base = { view, state, sessions, pane, idle, paused: frozen !== undefined, now, width, height, theme };
  const source = useBodies(props.bodies, selectedIn(base), state.focus === 'detail');
  const screen: WatchScreenProps = { ...base, source };

  // Keys work on what is on the screen at that moment, several of one read on what those before them made of it.
  const latest = useRef({ screen, state });
  latest.current = { screen, state };

  const say = useCallback((message: string) => {
    const next = { ...latest.current.state, message };
    latest.current.state = next;
    setState(next);
  }, []);

  const act = useCallback(
    (action: WatchAction) => {
      const { screen, state } = latest.current;
      if (action === 'quit') onQuit();
      if (action === 'pause') {
        const { now } = screen;
        setFrozen((before) => (before ? undefined : { view: store.freeze(), now }));
      }
      if (action === 'open' && state.focus === 'sessions') {
        const session = screen.sessions?.rows?.[state.session];
        if (session) feed?.open(session).catch((error: Error) => say(error.message));
      }
      if (action === 'copy' && onSequence) {
        const { text, what } = textToCopy({ ...screen, state });
        if (text === '') return say('there is nothing to copy');
        const { sequence, bytes, of } = copyText(text);
        onSequence(sequence);
        const part = bytes < of ? `the first ${formatBytes(bytes)} of ${formatBytes(of)}` : formatBytes(of);
        say(`${what} copied, ${part}`);
      }
    },
    [store, feed, onQuit, onSequence, say],
  );

  useInput(
    useCallback(
      (input, key) => {
        for (const stroke of strokesOf(input, key)) {
          const { screen, state } = latest.current;
          const scene = sceneOf({ ...screen, state });
          const take = (next: WatchState) => {
            latest.current.state = next;
            setState(next);
          };
          if (state.field) {
            take(typeInField(state, stroke, scene));
            continue;
          }
          const action = actionOf(keysOf(state.focus), stroke);
          if (!action) continue;
          take(reduceWatch(state, action, scene));
          if (state.help === undefined || action === 'quit') act(action);
        }
      },
      [act],
    ),
  );

  const lines = watchScreen(screen);
  return <Lines lines={lines} width={width} height={height} theme={theme} />;
}
