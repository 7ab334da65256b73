import type { LogEntry } from '../event-log.ts';
import { formatClock } from '../format.ts';
import { type Line, STYLE, type Style, span } from '../line.ts';
import { printable, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';

export interface LogProps extends Place {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** The first line shown; absent keeps to the end. */
  readonly top: number | undefined;
}

/** The Log panel: what went wrong and what llmup had to say, the newest at the bottom. */
export function logPanel(props: LogProps): readonly Line[] {
  const { entries, top, width, height, theme } = props;
  const room = height - FRAME_ROWS;
  const wanted = top === undefined ? room : Number.POSITIVE_INFINITY;
  const lines = lastLines(entries, width - FRAME_COLUMNS, wanted, theme);
  const first = Math.min(top ?? Number.POSITIVE_INFINITY, Math.max(0, lines.length - room));
  const content =
    lines.length > 0 ? lines.slice(first, first + room) : [[span('Nothing to tell.', STYLE.dim)]];
  const note = top === undefined ? [] : [span('scrolled', STYLE.warn)];
  return frame(content, { ...props, title: entries.length > 0 ? `Log ${entries.length}` : 'Log', note });
}

/** The first line that can be on top: 0 when everything fits. */
export function lastLogTop(
  entries: readonly LogEntry[],
  width: number,
  height: number,
  theme: Theme,
): number {
  const lines = lastLines(entries, width - FRAME_COLUMNS, Number.POSITIVE_INFINITY, theme);
  return Math.max(0, lines.length - (height - FRAME_ROWS));
}

function lastLines(
  entries: readonly LogEntry[],
  width: number,
  wanted: number,
  theme: Theme,
): readonly Line[] {
  const lines: Line[] = [];
  for (let index = entries.length - 1; index >= 0 && lines.length < wanted; index--) {
    const entry = entries[index];
    if (entry) lines.unshift(...entryLines(entry, width, theme));
  }
  return lines;
}

function entryLines({ at, kind, text, exchange }: LogEntry, width: number, theme: Theme): readonly Line[] {
  const { symbol, style } = look(kind, theme);
  const number = exchange === undefined ? '' : `${exchange} `;
  const indent = 11 + number.length;
  const words = printable(text, theme.ascii).replaceAll('\n', ' ');
  return wrap(words, Math.max(8, width - indent)).map((part, row) =>
    row === 0
      ? [
          span(`${formatClock(at)} `, STYLE.dim),
          span(`${symbol} `, style),
          span(number, STYLE.dim),
          span(part, style),
        ]
      : [span(' '.repeat(indent) + part, style)],
  );
}

function look(
  kind: LogEntry['kind'],
  { symbols }: Theme,
): { readonly symbol: string; readonly style: Style } {
  switch (kind) {
    case 'note':
      return { symbol: symbols.dot, style: {} };
    case 'error':
      return { symbol: symbols.bad, style: STYLE.bad };
    case 'retry':
      return { symbol: symbols.retry, style: STYLE.warn };
    case 'cancelled':
      return { symbol: symbols.cancelled, style: STYLE.warn };
  }
}
