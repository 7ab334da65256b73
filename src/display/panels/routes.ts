import type { Exchange } from '../../traffic/exchange.ts';
import { formatUsd } from '../format.ts';
import { fitLine, highlight, type Line, STYLE, span } from '../line.ts';
import type { Theme } from '../theme.ts';
import type { Totals } from '../totals.ts';
import { errorWords } from './exchange-words.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame } from './frame.ts';
import { chooseColumns, exchangeLine, headLine } from './route-columns.ts';

export interface RoutesProps {
  /** Oldest first. */
  readonly exchanges: readonly Exchange[];
  readonly totals: Totals;
  readonly selected: Exchange | undefined;
  /** The user chose the selected one: it is shown as a bar, while a followed one has a pointer only. */
  readonly held: boolean;
  readonly focused: boolean;
  /** Where to point a client, while nothing has come. */
  readonly proxyUrl: string | undefined;
  readonly now: number;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** The Routes panel: one row an exchange, newest last, why it failed below it. */
export function routesPanel(props: RoutesProps): readonly Line[] {
  const { exchanges, totals, focused, width, height, theme } = props;
  const content = exchanges.length === 0 ? emptyLines(props) : tableLines(props);
  const cost = totals.priced > 0 ? [span(formatUsd(totals.cost), STYLE.strong)] : [];
  const title = totals.requests > 0 ? `Routes ${totals.requests}` : 'Routes';
  return frame(content, { title, note: cost, focused, width, height, theme });
}

function emptyLines({ proxyUrl }: RoutesProps): readonly Line[] {
  const where = proxyUrl === undefined ? '' : ` at ${proxyUrl}`;
  return [[], [span('No request yet.', STYLE.strong), span(` The proxy listens${where}.`, STYLE.dim)]];
}

function tableLines(props: RoutesProps): readonly Line[] {
  const { width, height, theme } = props;
  const columns = chooseColumns(width - FRAME_COLUMNS - 2);
  const room = Math.max(0, height - FRAME_ROWS - 1);
  const head = [span('  '), ...headLine(columns, theme)];
  const rows = visibleRows(props, room).flatMap((exchange) => rowLines(exchange, columns, props));
  return [head, ...rows.slice(0, room)];
}

/** The exchanges that fit, ending with the newest; or, when that hides the selected one, with it in the middle. */
function visibleRows({ exchanges, selected }: RoutesProps, room: number): readonly Exchange[] {
  const at = selected ? exchanges.indexOf(selected) : -1;
  const fromEnd = firstFitting(exchanges, exchanges.length - 1, room);
  const start = at === -1 || at >= fromEnd ? fromEnd : firstFitting(exchanges, at, Math.ceil(room / 2));
  return exchanges.slice(start, start + Math.max(room, 1));
}

/** The first row of a page that ends with the row `last`. */
function firstFitting(exchanges: readonly Exchange[], last: number, room: number): number {
  let lines = 0;
  let first = last;
  for (let row = last; row >= 0; row--) {
    const exchange = exchanges[row];
    if (!exchange) break;
    lines += exchange.error ? 2 : 1;
    if (lines > room) break;
    first = row;
  }
  return first;
}

function rowLines(
  exchange: Exchange,
  columns: ReturnType<typeof chooseColumns>,
  { selected, held, focused, now, width, theme }: RoutesProps,
): readonly Line[] {
  const isSelected = exchange === selected;
  const line = [
    span(isSelected ? `${theme.symbols.pointer} ` : '  ', STYLE.active),
    ...exchangeLine(exchange, columns, now, theme),
  ];
  const row = isSelected && held && focused ? highlight(fitLine(line, width - FRAME_COLUMNS, theme)) : line;
  const error = errorWords(exchange);
  if (error === undefined) return [row];
  return [row, [span(`    ${theme.symbols.sub} ${error}`, STYLE.bad)]];
}
