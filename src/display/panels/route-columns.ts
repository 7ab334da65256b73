import { type Exchange, tokensPerSecond } from '../../traffic/exchange.ts';
import { formatClock, formatCost, formatSeconds, formatTokens } from '../format.ts';
import { cell, fitLine, type Line, type Span, STYLE, type Style, span } from '../line.ts';
import type { Theme } from '../theme.ts';
import {
  aliasOf,
  durationOf,
  modelOf,
  stateSymbol,
  stateWords,
  troubleMarks,
  wireWords,
} from './exchange-words.ts';

type ColumnName =
  | 'number'
  | 'time'
  | 'status'
  | 'wire'
  | 'alias'
  | 'model'
  | 'ttft'
  | 'rate'
  | 'in'
  | 'cached'
  | 'out'
  | 'cost'
  | 'duration';

interface Column {
  readonly name: ColumnName;
  readonly head: string;
  readonly width: number;
  /** What is left over goes to these, in equal shares up to this width. */
  readonly grows?: number;
  readonly align: 'left' | 'right';
}

/** From left to right. */
const COLUMNS: readonly Column[] = [
  { name: 'number', head: '#', width: 4, align: 'right' },
  { name: 'time', head: 'time', width: 8, align: 'left' },
  { name: 'status', head: 'state', width: 13, align: 'left' },
  { name: 'wire', head: 'wire', width: 9, align: 'left' },
  { name: 'alias', head: 'alias', width: 10, grows: 28, align: 'left' },
  { name: 'model', head: 'model', width: 9, grows: 32, align: 'left' },
  { name: 'ttft', head: 'ttft', width: 5, align: 'right' },
  { name: 'rate', head: 't/s', width: 4, align: 'right' },
  { name: 'in', head: 'in', width: 5, align: 'right' },
  { name: 'cached', head: 'cached', width: 6, align: 'right' },
  { name: 'out', head: 'out', width: 5, align: 'right' },
  { name: 'cost', head: '$', width: 5, align: 'right' },
  { name: 'duration', head: 'total', width: 5, align: 'right' },
];

/** Which columns stay when there is little room, most important first. */
const PRIORITY: readonly ColumnName[] = [
  'status',
  'model',
  'ttft',
  'rate',
  'out',
  'cost',
  'number',
  'wire',
  'in',
  'time',
  'alias',
  'cached',
  'duration',
];

/** The columns that fit, each with its width; one blank stands between two. */
export function chooseColumns(width: number): readonly Column[] {
  const chosen = new Set<ColumnName>();
  let room = width;
  for (const name of PRIORITY) {
    const column = COLUMNS.find((each) => each.name === name);
    if (!column) continue;
    const needed = column.width + (chosen.size > 0 ? 1 : 0);
    if (needed > room) break;
    room -= needed;
    chosen.add(name);
  }
  const columns = COLUMNS.filter(({ name }) => chosen.has(name));
  let growing = columns.filter((column) => column.grows).length;
  return columns.map((column) => {
    if (!column.grows) return column;
    const more = Math.min(Math.floor(room / growing--), column.grows - column.width);
    room -= more;
    return { ...column, width: column.width + more };
  });
}

export function headLine(columns: readonly Column[], theme: Theme): Line {
  return joinCells(
    columns.map(({ head, width, align }) => [span(cell(head, width, theme, align), STYLE.dim)]),
  );
}

/** One exchange as one line. */
export function exchangeLine(
  exchange: Exchange,
  columns: readonly Column[],
  now: number,
  theme: Theme,
): Line {
  return joinCells(columns.map((column) => cellOf(exchange, column, now, theme)));
}

function joinCells(cells: readonly (readonly Span[])[]): Line {
  return cells.flatMap((pieces, index) => (index === 0 ? pieces : [span(' '), ...pieces]));
}

function cellOf(exchange: Exchange, column: Column, now: number, theme: Theme): readonly Span[] {
  const plain = (text: string | undefined, style?: Style) => [
    span(
      cell(text ?? theme.symbols.none, column.width, theme, column.align),
      text === undefined ? STYLE.dim : style,
    ),
  ];
  const { usage, timing } = exchange;
  switch (column.name) {
    case 'status':
      return statusCell(exchange, column.width, now, theme);
    case 'number':
      return plain(String(exchange.number), STYLE.dim);
    case 'time':
      return plain(formatClock(exchange.startedAt), STYLE.dim);
    case 'wire':
      return plain(wireWords(exchange, theme), STYLE.dim);
    case 'alias':
      return plain(aliasOf(exchange));
    case 'model':
      return plain(modelOf(exchange), STYLE.strong);
    case 'ttft':
      return plain(optional(timing.firstToken, formatSeconds));
    case 'rate':
      return plain(optional(tokensPerSecond(exchange), formatTokens));
    case 'in':
      return plain(optional(usage?.input, formatTokens));
    case 'cached':
      return plain(optional(usage?.cachedRead, formatTokens));
    case 'out':
      return plain(optional(usage?.output, formatTokens));
    case 'cost':
      return plain(optional(exchange.cost, formatCost));
    case 'duration':
      return plain(formatSeconds(durationOf(exchange, now)));
  }
}

/** Symbol, state or status, then the marks of trouble. */
function statusCell(exchange: Exchange, width: number, now: number, theme: Theme): readonly Span[] {
  const { symbol, style } = stateSymbol(exchange, theme);
  const words = [
    span(`${symbol} `, style),
    span(stateWords(exchange, now), style),
    ...troubleMarks(exchange, theme),
  ];
  return fitLine(words, width, theme);
}

function optional<T>(value: T | undefined, format: (value: T) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}
