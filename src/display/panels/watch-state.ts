import type { Exchange } from '../../traffic/exchange.ts';
import type { WatchAction } from '../keys.ts';

/** What the user chose to look at. */
export interface WatchState {
  /** The exchange held in view; absent follows the newest. */
  readonly held?: string;
  /** First line of the stream; absent keeps to its end. */
  readonly top?: number;
  readonly focus: 'routes' | 'stream';
  /** Absent until the user says: the layout decides. */
  readonly losses?: boolean;
  readonly help: boolean;
}

export const INITIAL_WATCH_STATE: WatchState = { focus: 'routes', help: false };

/** What an action works on. */
export interface WatchScene {
  readonly exchanges: readonly Exchange[];
  readonly lossesShown: boolean;
  readonly streamShown: boolean;
  /** Rows of a page. */
  readonly page: number;
  /** The largest `top`; computed only when the stream is scrolled. */
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
      return { ...state, losses: !scene.lossesShown };
    case 'focus':
      return { ...state, focus: state.focus === 'routes' && scene.streamShown ? 'stream' : 'routes' };
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

function move(state: WatchState, by: number, scene: WatchScene): WatchState {
  return state.focus === 'stream' && scene.streamShown ? scroll(state, by, scene) : select(state, by, scene);
}

/** Arriving at the newest exchange follows it again. */
function select({ held, top: _, ...rest }: WatchState, by: number, { exchanges }: WatchScene): WatchState {
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
