import type { Exchange } from '../../traffic/exchange.ts';
import { formatUsd } from '../format.ts';
import { fitLine, highlight, type Line, type Span, STYLE, span } from '../line.ts';
import { wrap } from '../text.ts';
import type { Totals } from '../totals.ts';
import { errorWords } from './exchange-words.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';
import { chooseColumns, exchangeLine, headLine } from './route-columns.ts';
import { orderWords, type RouteOrder } from './route-order.ts';

export interface RoutesProps extends Place {
  /** Those that pass the filter, in order. */
  readonly exchanges: readonly Exchange[];
  readonly order: RouteOrder;
  /** The filter is being typed. */
  readonly typing: boolean;
  readonly totals: Totals;
  /** Whether what all of it cost is told here. */
  readonly cost: boolean;
  readonly selected: Exchange | undefined;
  /** The user chose the selected one: it is shown as a bar, while a followed one has a pointer only. */
  readonly held: boolean;
  /** Where to point a client, while nothing has come. */
  readonly proxyUrl: string | undefined;
  readonly now: number;
}

/** The Routes panel: one row an exchange, in the order of arrival the newest last, why it failed below it. */
export function routesPanel(props: RoutesProps): readonly Line[] {
  const { exchanges, totals } = props;
  const content = exchanges.length === 0 ? emptyLines(props) : tableLines(props);
  const title = totals.requests > 0 ? `Routes ${totals.requests}` : 'Routes';
  return frame(content, { ...props, title, note: noteOf(props) });
}

/** `/glm 3  by cost ↓  $0.0042`: what the table leaves out, how it is sorted, what all of it cost. */
function noteOf({ exchanges, order, typing, totals, cost, theme }: RoutesProps): Line {
  const { filter } = order;
  const filtered = typing || filter !== '';
  const sorted = orderWords(order, theme.ascii);
  const facts: readonly Span[] = [
    ...(filtered
      ? [span(`/${filter}${typing ? theme.symbols.caret : ''} ${exchanges.length}`, STYLE.active)]
      : []),
    ...(sorted === '' ? [] : [span(sorted, STYLE.warn)]),
    ...(cost && totals.priced > 0 ? [span(formatUsd(totals.cost), STYLE.strong)] : []),
  ];
  return facts.flatMap((fact, index) => (index === 0 ? [fact] : [span('  '), fact]));
}

function emptyLines({ proxyUrl, totals, order, width }: RoutesProps): readonly Line[] {
  if (totals.requests > 0) {
    return [
      [],
      [span(`No request matches ${order.filter}.`, STYLE.strong), span(' esc shows all.', STYLE.dim)],
    ];
  }
  const place = proxyUrl === undefined ? '' : `The proxy listens at ${proxyUrl}.`;
  const where = wrap(place, width - FRAME_COLUMNS).map((line) => [span(line, STYLE.dim)]);
  return [[], [span('No request yet.', STYLE.strong)], ...where];
}

function tableLines(props: RoutesProps): readonly Line[] {
  const { width, height, theme } = props;
  const columns = chooseColumns(width - FRAME_COLUMNS - 2);
  const room = Math.max(0, height - FRAME_ROWS - 1);
  const head = [span('  '), ...headLine(columns, theme)];
  const rows = visibleRows(props, room).flatMap((exchange) => rowLines(exchange, columns, props));
  return [head, ...rows.slice(0, room)];
}

/** The exchanges that fit, ending with the last; or, when that hides the selected one, with it in the middle. */
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
