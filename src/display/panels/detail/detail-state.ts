import { type BodyName, bodyOf, type DetailDocument } from './document.ts';
import { type DetailRow, type Folds, foldAt, rowsOf } from './rows.ts';
import { findMatches, rowOfMatch } from './search.ts';
import type { DetailSource } from './source.ts';

/** The four bodies, in the order in which they come to be, and what translation changed between them. */
export const DETAIL_TABS = [
  'clientRequest',
  'upstreamRequest',
  'upstreamReply',
  'clientReply',
  'changes',
] as const satisfies readonly (BodyName | 'changes')[];
export type DetailTab = (typeof DETAIL_TABS)[number];

/** Where the user is in one tab. */
interface TabPlace {
  /** Row of the cursor. */
  readonly cursor: number;
  /** First row shown. */
  readonly top: number;
  readonly folds: Folds;
  /** Which of the matches of the query the cursor was last sent to. */
  readonly match?: number;
}

/** What is looked at in Detail. Kept from exchange to exchange, so that one field can be compared. */
export interface DetailState {
  readonly tab: DetailTab;
  readonly places: Readonly<Partial<Record<DetailTab, TabPlace>>>;
}

export const INITIAL_DETAIL: DetailState = { tab: 'clientRequest', places: {} };

const START: TabPlace = { cursor: 0, top: 0, folds: new Map() };

export function tabPlace({ tab, places }: DetailState): TabPlace {
  return places[tab] ?? START;
}

/** What keys in Detail work on. */
export interface DetailScene {
  readonly source: DetailSource;
  /** Cells of a line, and lines. */
  readonly width: number;
  readonly page: number;
  /** Lines of the Changes tab. */
  readonly changes: () => number;
}

/** The document in view, if there is one. */
export function shownDocument({ tab }: DetailState, source: DetailSource): DetailDocument | undefined {
  if (tab === 'changes' || source.kind !== 'ready') return undefined;
  return bodyOf(source.bodies, tab)?.document;
}

export function shownRows(state: DetailState, source: DetailSource, width: number): readonly DetailRow[] {
  const document = shownDocument(state, source);
  return document ? rowsOf(document, tabPlace(state).folds, width) : [];
}

export function turnTab(state: DetailState, by: 1 | -1): DetailState {
  const at = DETAIL_TABS.indexOf(state.tab) + by;
  return { ...state, tab: DETAIL_TABS[(at + DETAIL_TABS.length) % DETAIL_TABS.length] ?? 'clientRequest' };
}

/** Moves the cursor, and what is shown with it. */
export function moveCursor(state: DetailState, by: number, scene: DetailScene): DetailState {
  const place = tabPlace(state);
  if (state.tab === 'changes') {
    const top = clamp(place.top + by, Math.max(0, scene.changes() - scene.page));
    return withPlace(state, { ...place, top });
  }
  const last = shownRows(state, scene.source, scene.width).length - 1;
  return withPlace(state, inSight({ ...place, cursor: clamp(place.cursor + by, last) }, scene));
}

/** Folds or unfolds what the cursor is on; from inside a text or at a closing bracket, that which it belongs to. */
export function toggleFold(state: DetailState, scene: DetailScene): DetailState {
  const place = tabPlace(state);
  const rows = shownRows(state, scene.source, scene.width);
  const at = Math.min(place.cursor, rows.length - 1);
  const target = foldAt(rows[at]);
  if (!target) return state;
  const folds = new Map(place.folds).set(target.path, !target.open);
  const next = withPlace(state, { ...place, folds });
  const after = shownRows(next, scene.source, scene.width);
  const cursor = after.findIndex((row) => foldAt(row)?.path === target.path);
  return withPlace(next, inSight({ ...place, folds, cursor: Math.max(0, cursor) }, scene));
}

/** Sends the cursor to the next match, opening what it is in. `fresh`: the first one from the start. */
export function seekMatch(
  state: DetailState,
  query: string,
  by: 1 | -1,
  fresh: boolean,
  scene: DetailScene,
): DetailState {
  const document = shownDocument(state, scene.source);
  const matches = document ? findMatches(document, query) : [];
  if (matches.length === 0) return state;
  const place = tabPlace(state);
  const start = by === 1 ? -1 : 0;
  const from = fresh ? start : (place.match ?? start);
  const at = (from + by + matches.length) % matches.length;
  const match = matches[at];
  if (!match) return state;
  const folds = new Map(place.folds);
  for (const path of match.ancestors) folds.set(path, true);
  const next = withPlace(state, { ...place, folds, match: at });
  const cursor = rowOfMatch(shownRows(next, scene.source, scene.width), match, query);
  return withPlace(next, inSight({ ...place, folds, match: at, cursor }, scene));
}

function withPlace(state: DetailState, place: TabPlace): DetailState {
  return { ...state, places: { ...state.places, [state.tab]: place } };
}

function inSight(place: TabPlace, { page }: DetailScene): TabPlace {
  const top = Math.min(place.cursor, Math.max(place.top, place.cursor - page + 1));
  return { ...place, top };
}

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(last, value));
}
