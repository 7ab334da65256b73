import type { Exchange } from '../../traffic/exchange.ts';
import { FIELD_KEYS, type WatchAction } from '../keys.ts';
import { newestOf } from '../newest.ts';
import { actionOf, type Stroke } from '../strokes.ts';
import {
  type DetailScene,
  type DetailState,
  INITIAL_DETAIL,
  moveCursor,
  seekMatch,
  toggleFold,
  turnTab,
} from './detail/detail-state.ts';
import { type RouteOrder, SORT_KEYS } from './route-order.ts';
import type { WatchPanel } from './watch-panel.ts';

/** What the user chose to look at. */
export interface WatchState {
  /** The exchange held in view; absent follows the newest. */
  readonly held?: string;
  /** The panel that the keys move in; always on the screen. */
  readonly focus: WatchPanel;
  /** What was last looked at beside Routes, and beside Stream. */
  readonly beside: WatchPanel;
  readonly third: WatchPanel;
  /** First line of the panels that scroll; absent keeps to the end (Stream, Log) or the start. */
  readonly tops: Readonly<Partial<Record<WatchPanel, number>>>;
  readonly detail: DetailState;
  /** Row of the cursor in Sessions. */
  readonly session: number;
  readonly order: RouteOrder;
  /** What is looked for in Stream and Detail. */
  readonly query: string;
  /** A filter or a query being typed. */
  readonly field?: { readonly kind: 'filter' | 'query'; readonly text: string };
  /** First line of the help, while it is shown. */
  readonly help?: number;
  /** Said once, until the next key. */
  readonly message?: string;
}

export const INITIAL_WATCH_STATE: WatchState = {
  focus: 'routes',
  beside: 'stream',
  third: 'losses',
  tops: {},
  detail: INITIAL_DETAIL,
  session: 0,
  order: { sort: 'number', reversed: false, filter: '' },
  query: '',
};

/** What an action works on. */
export interface WatchScene {
  /** As Routes shows them. */
  readonly exchanges: readonly Exchange[];
  readonly selected: Exchange | undefined;
  /** The newest of those that pass the filter. */
  readonly newest: Exchange | undefined;
  /** In the order that tab goes. */
  readonly shown: readonly WatchPanel[];
  /** Those that can be brought up. */
  readonly panels: readonly WatchPanel[];
  /** Rows of a page of the panel in focus. */
  readonly page: number;
  /** The largest first line of the panel in focus; computed only when it is scrolled. */
  readonly lastTop: () => number;
  /** The first line of the next or former match in Stream. */
  readonly streamMatch: (query: string, from: number | undefined, by: 1 | -1) => number | undefined;
  readonly detail: DetailScene;
  /** How many sessions are listed. */
  readonly sessions: number;
  /** The largest first line of the help: 0 when all of it is shown. */
  readonly helpLastTop: number;
}

/** The exchange in view: the held one while it is remembered, else the newest that passes the filter. */
export function selectedExchange(
  { held }: WatchState,
  all: readonly Exchange[],
  shown: readonly Exchange[],
): Exchange | undefined {
  return (held === undefined ? undefined : all.find(({ id }) => id === held)) ?? newestOf(shown);
}

/** The state after a stroke while a filter or a query is typed. */
export function typeInField(state: WatchState, stroke: Stroke, scene: WatchScene): WatchState {
  const { field, ...rest } = state;
  if (!field) return state;
  const typed = (text: string): WatchState => ({
    ...rest,
    ...(field.kind === 'filter' && { order: { ...rest.order, filter: text } }),
    field: { ...field, text },
  });
  // Only named keys are commands here: every character is part of the text.
  if ('text' in stroke) return typed(field.text + stroke.text.replace(/\p{Cc}/gu, ''));
  switch (actionOf(FIELD_KEYS, stroke)) {
    case 'erase':
      return typed([...field.text].slice(0, -1).join(''));
    case 'clear':
      return typed('');
    case 'cancel':
    case 'quit':
      return field.kind === 'filter' ? { ...rest, order: { ...rest.order, filter: '' } } : rest;
    case 'submit':
      return field.kind === 'filter' ? rest : seek({ ...rest, query: field.text }, 1, true, scene);
    case undefined:
      return state;
  }
}

/** The state after a key. What touches more than the state (quit, copy, pause, opening a session) is the caller's. */
export function reduceWatch(before: WatchState, action: WatchAction, scene: WatchScene): WatchState {
  const { message: _, ...state } = before;
  if (state.help !== undefined) return reduceHelp(state, action, scene);
  switch (action) {
    case 'help':
      return { ...state, help: 0 };
    case 'back':
      return back(state);
    case 'focus':
      return focusOn(state, turn(state.focus, 1, scene));
    case 'focus-back':
      return focusOn(state, turn(state.focus, -1, scene));
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
    case 'previous-exchange':
      return select(state, -1, scene);
    case 'next-exchange':
      return select(state, 1, scene);
    case 'open':
      if (state.focus === 'detail') return { ...state, detail: toggleFold(state.detail, scene.detail) };
      return state.focus === 'sessions' ? state : focusOn(hold(state, scene), 'detail');
    case 'fold':
      return { ...state, detail: toggleFold(state.detail, scene.detail) };
    case 'previous-tab':
      return { ...state, detail: turnTab(state.detail, -1) };
    case 'next-tab':
      return { ...state, detail: turnTab(state.detail, 1) };
    case 'sort':
      return sortBy(state);
    case 'reverse':
      return { ...state, order: { ...state.order, reversed: !state.order.reversed } };
    case 'find':
      return state.focus === 'routes'
        ? { ...state, field: { kind: 'filter', text: state.order.filter } }
        : { ...state, field: { kind: 'query', text: '' } };
    case 'next-match':
      return seek(state, 1, false, scene);
    case 'previous-match':
      return seek(state, -1, false, scene);
    case 'panel-routes':
    case 'panel-stream':
    case 'panel-detail':
    case 'panel-losses':
    case 'panel-upstreams':
    case 'panel-sessions':
    case 'panel-log':
      return bringUp(state, action.slice('panel-'.length) as WatchPanel, scene);
    case 'copy':
    case 'pause':
    case 'quit':
      return state;
  }
}

/** In the help keys scroll it, where it is longer than the screen; any other key closes it. */
function reduceHelp(state: WatchState, action: WatchAction, { helpLastTop }: WatchScene): WatchState {
  const { help = 0, ...rest } = state;
  const by = { up: -1, down: 1, 'page-up': -8, 'page-down': 8 }[action as string];
  if (by === undefined || helpLastTop === 0) return rest;
  return { ...state, help: Math.max(0, Math.min(helpLastTop, help + by)) };
}

/** One step out: of Detail, to Routes, then without what was looked for, at last as it was at first. */
function back(state: WatchState): WatchState {
  const { order, query, beside } = state;
  if (state.focus === 'detail' || state.focus === 'sessions') return focusOn(state, 'routes');
  if (query !== '' && state.focus !== 'routes') return { ...state, query: '' };
  if (state.focus !== 'routes') return { ...state, focus: 'routes' };
  if (order.filter !== '') return { ...state, order: { ...order, filter: '' } };
  return beside === 'stream' ? state : { ...state, beside: 'stream' };
}

function bringUp(state: WatchState, panel: WatchPanel, { panels }: WatchScene): WatchState {
  return panels.includes(panel) ? focusOn(state, panel) : state;
}

/** Moves the keys to a panel, and remembers it where it shares a place with others. */
function focusOn(state: WatchState, focus: WatchPanel): WatchState {
  const shares = focus !== 'routes' && focus !== 'detail' && focus !== 'sessions';
  return {
    ...state,
    focus,
    ...(shares && { beside: focus }),
    ...(shares && focus !== 'stream' && { third: focus }),
  };
}

/** Keeps the exchange in view, whatever comes. */
function hold(state: WatchState, { selected }: WatchScene): WatchState {
  return selected ? { ...state, held: selected.id } : state;
}

/** Back to the newest exchange and its end; pressed while following it holds what is in view. */
function follow(state: WatchState, scene: WatchScene): WatchState {
  const { held, tops, ...rest } = state;
  if (state.focus === 'log') return withTop(state, 'log', undefined);
  if (held === undefined && tops.stream === undefined) return hold(state, scene);
  return withTop({ ...rest, tops }, 'stream', undefined);
}

/** The next panel on the screen. */
function turn(focus: WatchPanel, by: 1 | -1, { shown, panels }: WatchScene): WatchPanel {
  // Where one panel has all the room, tab goes through all there are.
  const ring = shown.length > 1 ? shown : panels;
  const at = Math.max(0, ring.indexOf(focus));
  return ring[(at + by + ring.length) % ring.length] ?? 'routes';
}

function move(state: WatchState, by: number, scene: WatchScene): WatchState {
  switch (state.focus) {
    case 'routes':
      return select(state, by, scene);
    case 'stream':
      return scrollStream(state, by, scene);
    case 'detail':
      return { ...state, detail: moveCursor(state.detail, by, scene.detail) };
    case 'sessions':
      return { ...state, session: clamp(state.session + by, scene.sessions - 1) };
    case 'log': {
      const last = scene.lastTop();
      const target = clamp(Math.min(state.tops.log ?? last, last) + by, last);
      return withTop(state, 'log', target < last ? target : undefined);
    }
    case 'losses':
    case 'upstreams': {
      const top = clamp((state.tops[state.focus] ?? 0) + by, scene.lastTop());
      return withTop(state, state.focus, top);
    }
  }
}

/** Another exchange, its losses from the start. Arriving at the newest, in the order of arrival, follows it again. */
function select(state: WatchState, by: number, { exchanges, selected, newest }: WatchScene): WatchState {
  const { held: _, ...rest } = withTop(withTop(state, 'losses', undefined), 'stream', undefined);
  const at = selected ? exchanges.indexOf(selected) : -1;
  const target = exchanges[clamp((at === -1 ? exchanges.length - 1 : at) + by, exchanges.length - 1)];
  if (!target || (target === newest && state.order.sort === 'number')) return rest;
  return { ...rest, held: target.id };
}

/** Who scrolls reads: that exchange is held. Arriving at the end keeps to it again, and follows if it is the newest. */
function scrollStream(state: WatchState, by: number, scene: WatchScene): WatchState {
  const { held: _, ...rest } = state;
  const { selected, newest } = scene;
  const last = scene.lastTop();
  const target = clamp(Math.min(state.tops.stream ?? last, last) + by, last);
  const holds = selected !== undefined && (target < last || selected !== newest);
  const moved = withTop(rest, 'stream', target < last ? target : undefined);
  return holds ? { ...moved, held: selected.id } : moved;
}

/** To a match of the query in the panel in focus; says so when there is none. */
function seek(state: WatchState, by: 1 | -1, fresh: boolean, scene: WatchScene): WatchState {
  const { query } = state;
  if (query === '') return state;
  const none = { ...state, message: `no match for ${query}` };
  if (state.focus === 'stream') {
    const top = scene.streamMatch(query, fresh ? undefined : state.tops.stream, by);
    return top === undefined ? none : withTop(hold(state, scene), 'stream', top);
  }
  const detail = seekMatch(state.detail, query, by, fresh, scene.detail);
  return detail === state.detail ? none : { ...state, detail };
}

function sortBy(state: WatchState): WatchState {
  const { order } = state;
  const sort = SORT_KEYS[(SORT_KEYS.indexOf(order.sort) + 1) % SORT_KEYS.length] ?? 'number';
  return { ...state, order: { ...order, sort } };
}

function withTop(state: WatchState, panel: WatchPanel, top: number | undefined): WatchState {
  const { [panel]: _, ...tops } = state.tops;
  return { ...state, tops: top === undefined ? tops : { ...tops, [panel]: top } };
}

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(last, value));
}
