import { type Exchange, isFinal, tokensPerSecond } from '../../traffic/exchange.ts';
import { formatElapsed, formatSeconds, formatTokens } from '../format.ts';
import { highlight, type Line, lineText, lineWidth, STYLE, type Style, span } from '../line.ts';
import type { StreamSegment, StreamView } from '../stream-text.ts';
import { printable, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import { errorWords, routeNames, stateSymbol, stateWords } from './exchange-words.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';

export interface StreamProps extends Place {
  readonly exchange: Exchange | undefined;
  readonly stream: StreamView | undefined;
  /** Keeps to the newest exchange. */
  readonly follow: boolean;
  /** The first line shown; absent keeps the end in view. */
  readonly top: number | undefined;
  /** What is looked for: its lines are marked. */
  readonly query: string;
  /** The query while it is typed. */
  readonly typed: string | undefined;
  readonly now: number;
}

/** Rows inside a stream panel that are not text: what is streaming, the facts below. Where there is hardly room, none. */
function chromeRows(height: number): { readonly head: number; readonly foot: number } {
  return { head: height >= 6 ? 1 : 0, foot: height >= 7 ? 1 : 0 };
}

function textRows(height: number): number {
  const { head, foot } = chromeRows(height);
  return Math.max(0, height - FRAME_ROWS - head - foot);
}

/** The Stream panel: what the model says in one exchange, as it arrives, the newest at the bottom. */
export function streamPanel(props: StreamProps): readonly Line[] {
  const { exchange } = props;
  return frame(exchange ? content(exchange, props) : [], { ...props, title: 'Stream', note: noteOf(props) });
}

function noteOf({ exchange, follow, top, query, typed, theme }: StreamProps): Line {
  if (typed !== undefined) return [span(`/${typed}${theme.symbols.caret}`, STYLE.active)];
  const sought = query === '' ? [] : [span(`/${query}  `, STYLE.active)];
  const held =
    top !== undefined ? 'scrolled' : follow || !exchange ? undefined : `held at ${exchange.number}`;
  return [...sought, held ? span(held, STYLE.warn) : span('follow', STYLE.dim)];
}

/** The first line that can be on top: 0 when everything fits. */
export function lastTop(stream: StreamView | undefined, width: number, height: number, theme: Theme): number {
  const lines = tail(stream, width - FRAME_COLUMNS, Number.POSITIVE_INFINITY, theme).length;
  return Math.max(0, lines - textRows(height));
}

/**
 * The first line of the next or former match of a query, so that it can be on top; from the end upwards at first.
 * Goes round at either end.
 */
export function streamMatch(
  stream: StreamView | undefined,
  query: string,
  from: number | undefined,
  by: 1 | -1,
  width: number,
  theme: Theme,
): number | undefined {
  const wanted = query.toLowerCase();
  const lines = tail(stream, width - FRAME_COLUMNS, Number.POSITIVE_INFINITY, theme);
  const matching = lines.flatMap((line, row) => (lineText(line).toLowerCase().includes(wanted) ? [row] : []));
  if (from === undefined) return by === 1 ? matching[0] : matching.at(-1);
  return by === 1
    ? (matching.find((row) => row > from) ?? matching[0])
    : (matching.findLast((row) => row < from) ?? matching.at(-1));
}

function content(exchange: Exchange, props: StreamProps): readonly Line[] {
  const { stream, top, query, now, width, height, theme } = props;
  const { head, foot } = chromeRows(height);
  const room = textRows(height);
  const wanted = top === undefined ? room : Number.POSITIVE_INFINITY;
  const lines = tail(stream, width - FRAME_COLUMNS, wanted, theme);
  const first = Math.min(top ?? Number.POSITIVE_INFINITY, Math.max(0, lines.length - room));
  const shown = lines.slice(first, first + room).map((line) => markMatch(line, query));
  const said = silence(exchange, now);
  const unsaid = said === '' ? [] : [[span(said, STYLE.dim)]];
  const body = lines.length > 0 ? shown : unsaid.slice(0, room);
  return [
    ...(head ? [headLine(exchange, now, width - FRAME_COLUMNS, theme)] : []),
    ...body,
    ...(foot ? footLines(exchange, width - FRAME_COLUMNS, room - body.length + 1, theme) : []),
  ];
}

/** A line that holds what is looked for, as a bar. */
function markMatch(line: Line, query: string): Line {
  if (query === '' || !lineText(line).toLowerCase().includes(query.toLowerCase())) return line;
  return highlight(line);
}

/** `▶ 36  opus → glm-5.2  streaming`. */
function headLine(exchange: Exchange, now: number, width: number, theme: Theme): Line {
  const { symbol, style } = stateSymbol(exchange, theme);
  const front = [span(`${symbol} `, style), span(`${exchange.number}  `, STYLE.dim)];
  const back = [
    ...(exchange.purpose === undefined
      ? []
      : [span(`  ${exchange.purpose.replaceAll('_', ' ')}`, STYLE.dim)]),
    span(`  ${stateWords(exchange, now)}`, style),
  ];
  const room = width - lineWidth(front) - lineWidth(back);
  return [...front, ...routeNames(exchange, room, theme), ...back];
}

/** What stands where there is no text. */
function silence(exchange: Exchange, now: number): string {
  const waited = formatElapsed(now - exchange.startedAt);
  switch (exchange.state) {
    case 'queued':
      return 'Not sent yet.';
    case 'connecting':
      return 'Connecting to the upstream.';
    case 'prefill':
      return `Sent. Waiting for the first byte, ${waited} so far.`;
    case 'retrying':
      return 'The upstream failed before its first byte. Trying again.';
    case 'thinking':
    case 'streaming':
      return 'The text so far came before this viewer.';
    case 'done':
      return exchange.timing.firstToken === undefined
        ? 'The reply holds no text.'
        : 'The text came before this viewer, or was let go.';
    case 'failed':
    case 'cancelled':
      return '';
  }
}

/** The facts so far; of a failed one, why: in as many lines as the text leaves. */
function footLines(exchange: Exchange, width: number, room: number, theme: Theme): readonly Line[] {
  const error = errorWords(exchange);
  if (error === undefined) return [factsLine(exchange, theme)];
  const lines = wrap(`${theme.symbols.bad} ${printable(error, theme.ascii).replaceAll('\n', ' ')}`, width);
  const shown = lines.length > room ? [...lines.slice(0, room - 1), lines.slice(room - 1).join(' ')] : lines;
  return shown.map((line) => [span(line, STYLE.bad)]);
}

function factsLine(exchange: Exchange, theme: Theme): Line {
  const { usage, timing, finish } = exchange;
  const rate = tokensPerSecond(exchange);
  const facts = [
    ...(exchange.state === 'cancelled' ? ['cancelled: the client went away'] : []),
    ...(finish === undefined ? [] : [finish.replaceAll('-', ' ')]),
    ...(usage?.output === undefined ? [] : [`${formatTokens(usage.output)} tokens`]),
    ...(usage?.reasoning ? [`${formatTokens(usage.reasoning)} reasoning`] : []),
    ...(rate === undefined ? [] : [`${formatTokens(rate)} tok/s`]),
    ...(timing.firstToken === undefined ? [] : [`first token ${formatSeconds(timing.firstToken)}`]),
  ];
  const more = isFinal(exchange.state) || facts.length === 0 ? '' : `${theme.symbols.cut} `;
  return [span(more + facts.join(` ${theme.symbols.dot} `), STYLE.dim)];
}

/** The last lines of a stream, wrapped; only as much of it is wrapped as is asked for. */
function tail(stream: StreamView | undefined, width: number, wanted: number, theme: Theme): readonly Line[] {
  if (!stream) return [];
  const lines: Line[] = [];
  for (let index = stream.segments.length - 1; index >= 0 && lines.length < wanted; index--) {
    const segment = stream.segments[index];
    if (segment) lines.unshift(...segmentTail(segment, width, wanted - lines.length, theme));
  }
  if (lines.length < wanted && stream.cut) {
    lines.unshift([span(`${theme.symbols.cut} the beginning was let go`, STYLE.dim)]);
  }
  return lines;
}

function segmentTail(segment: StreamSegment, width: number, wanted: number, theme: Theme): readonly Line[] {
  const { symbols } = theme;
  switch (segment.kind) {
    case 'text':
      return textTail(segment.text, width, wanted, theme);
    case 'reasoning': {
      const lines = textTail(segment.text, width - 2, wanted, theme, STYLE.thinking);
      return lines.map((line, row) => [
        span(row === 0 && lines.length < wanted ? `${symbols.thinking} ` : '  ', STYLE.thinking),
        ...line,
      ]);
    }
    case 'tool': {
      const lines = textTail(segment.text, width - 2, wanted, theme, STYLE.dim).map((line) => [
        span('  '),
        ...line,
      ]);
      return [[span(`${symbols.tool} ${segment.toolName ?? 'tool'}`, STYLE.tool)], ...lines];
    }
  }
}

/** Wraps paragraphs from the last one up, until there are enough lines. Blank lines at either end say nothing. */
function textTail(text: string, width: number, wanted: number, theme: Theme, style?: Style): readonly Line[] {
  const paragraphs = printable(text, theme.ascii).replace(/^\n+|\s+$/g, '');
  if (paragraphs === '') return [];
  const lines: string[] = [];
  let end = paragraphs.length;
  while (end >= 0 && lines.length < wanted) {
    const start = paragraphs.lastIndexOf('\n', end - 1) + 1;
    lines.unshift(...wrap(paragraphs.slice(start, end), Math.max(2, width)));
    if (start === 0) break;
    end = start - 1;
  }
  return lines.map((line) => [span(line, style)]);
}
