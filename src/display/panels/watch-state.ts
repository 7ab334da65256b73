import type { Exchange } from '../../traffic/exchange.ts';
import type { WatchAction } from '../keys.ts';

/** The panel that the keys move in. */
export type WatchFocus = 'routes' | 'stream' | 'losses';

/** What the user chose to look at. */
export interface WatchState {
  /** The exchange held in view; absent follows the newest. */
  readonly held?: string;
  /** First line of the stream; absent keeps to its end. */
  readonly top?: number;
  /** First line of the losses. */
  readonly lossTop: number;
  readonly focus: WatchFocus;
  /** Absent until the user says: the layout decides. */
  readonly losses?: boolean;
  readonly help: boolean;
}

export const INITIAL_WATCH_STATE: WatchState = { focus: 'routes', lossTop: 0, help: false };

/** What an action works on. */
export interface WatchScene {
  readonly exchanges: readonly Exchange[];
  /** In the order that tab goes. */
  readonly shown: readonly WatchFocus[];
  /** Rows of a page. */
  readonly page: number;
  /** The largest first line of the panel in focus; computed only when it is scrolled. */
  readonly lastTop: () => number;
}

/** The exchange in view: the held one while it is remembered, else the newest. */
export function selectedExchange(state: WatchState, exchanges: readonly Exchange[]): Exchange | undefined {
  return exchanges.find(({ id }) => id === state.held) ?? exchanges.at(-1);
}

/** The state after a key; `quit` is the caller's. */
export function reduceWatch(state: WatchState, action: WatchAction, scene: WatchScene): WatchState {
  if (state.help && action !== 'quit') return { ...state, help: false };
  switch (action) {
    case 'help':
      return { ...state, help: true };
    case 'back':
      return { ...state, focus: 'routes' };
    case 'losses':
      return { ...state, losses: !scene.shown.includes('losses'), lossTop: 0, focus: 'routes' };
    case 'focus':
      return { ...state, focus: turn(state.focus, 1, scene) };
    case 'focus-back':
      return { ...state, focus: turn(state.focus, -1, scene) };
    case 'follow':
      return follow(state, scene);
    case 'up':
      return move(state, -1, scene);
    case 'down':
      return move(state, 1, scene);
    case 'page-up':
      return move(state, -scene.page, scene);
    case 'page-down':
      return move(state, scene.page, scene);
    case 'first':
      return move(state, Number.NEGATIVE_INFINITY, scene);
    case 'last':
      return move(state, Number.POSITIVE_INFINITY, scene);
    case 'quit':
      return state;
  }
}

/** Back to the newest exchange and its end; pressed while following it holds what is in view. */
function follow(state: WatchState, { exchanges }: WatchScene): WatchState {
  const { held, top, ...rest } = state;
  const newest = exchanges.at(-1);
  if (held !== undefined || top !== undefined || !newest) return rest;
  return { ...rest, held: newest.id };
}

/** The next panel on the screen. */
function turn(focus: WatchFocus, by: 1 | -1, { shown }: WatchScene): WatchFocus {
  const at = Math.max(0, shown.indexOf(focus));
  return shown[(at + by + shown.length) % shown.length] ?? 'routes';
}

function move(state: WatchState, by: number, scene: WatchScene): WatchState {
  switch (scene.shown.includes(state.focus) ? state.focus : 'routes') {
    case 'routes':
      return select(state, by, scene);
    case 'stream':
      return scroll(state, by, scene);
    case 'losses':
      return { ...state, lossTop: Math.max(0, Math.min(scene.lastTop(), state.lossTop + by)) };
  }
}

/** Arriving at the newest exchange follows it again. */
function select({ held, top: _, ...state }: WatchState, by: number, { exchanges }: WatchScene): WatchState {
  const rest = { ...state, lossTop: 0 };
  const last = exchanges.length - 1;
  const found = exchanges.findIndex(({ id }) => id === held);
  const target = Math.min(last, Math.max(0, (found === -1 ? last : found) + by));
  const exchange = exchanges[target];
  return target >= last || !exchange ? rest : { ...rest, held: exchange.id };
}

/** Who scrolls reads: that exchange is held. Arriving at the end keeps to it again, and follows if it is the newest. */
function scroll({ top, held, ...rest }: WatchState, by: number, scene: WatchScene): WatchState {
  const newest = scene.exchanges.at(-1)?.id;
  const reading = held ?? newest;
  const last = scene.lastTop();
  const target = Math.max(0, Math.min(top ?? last, last) + by);
  const holds = reading !== undefined && (target < last || reading !== newest);
  return { ...rest, ...(holds && { held: reading }), ...(target < last && { top: target }) };
}
