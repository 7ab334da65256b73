import type { Exchange } from '../../traffic/exchange.ts';
import { formatCount } from '../format.ts';
import { cell, type Line, lineWidth, STYLE, type Style, span } from '../line.ts';
import { printable, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import { changesMeaning } from '../totals.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';

export interface LossesProps extends Place {
  readonly exchange: Exchange | undefined;
  /** The first line shown. */
  readonly top: number;
}

type LossRecord = Exchange['losses'][number];

const ACTION_WIDTH = 10;
const INDENT = ' '.repeat(ACTION_WIDTH + 2);

/** The Losses panel: what translation did to one exchange, the serious first, hints last. */
export function lossesPanel(props: LossesProps): readonly Line[] {
  const { exchange, top, width, height, theme } = props;
  const losses = exchange?.losses ?? [];
  const lines = lossLinesOf(exchange, width - FRAME_COLUMNS, theme);
  const room = height - FRAME_ROWS;
  const first = Math.min(top, Math.max(0, lines.length - room));
  const below = lines.length - first - room;
  const shown =
    below > 0
      ? [...lines.slice(first, first + room - 1), moreLine(below + 1, props.focused)]
      : lines.slice(first);
  const count = losses.filter(changesMeaning).length;
  const content = losses.length > 0 ? shown : [[span(exchange ? 'Nothing was lost.' : '', STYLE.dim)]];
  return frame(content, {
    ...props,
    title: exchange ? `Losses of ${exchange.number}` : 'Losses',
    note: count > 0 ? [span(`${count} of ${losses.length} change meaning`, STYLE.warn)] : [],
  });
}

/** The first line that can be on top: 0 when everything fits. */
export function lastLossTop(
  exchange: Exchange | undefined,
  width: number,
  height: number,
  theme: Theme,
): number {
  return Math.max(0, lossLinesOf(exchange, width - FRAME_COLUMNS, theme).length - (height - FRAME_ROWS));
}

function moreLine(lines: number, focused = false): Line {
  return [span(`${formatCount(lines, 'more line')}${focused ? '' : ': 4, then down'}`, STYLE.dim)];
}

/** All losses of an exchange, in the order of their weight. Of hints only what one line holds, unless all is wanted. */
export function lossLinesOf(
  exchange: Exchange | undefined,
  width: number,
  theme: Theme,
  hints: 'short' | 'whole' = 'short',
): readonly Line[] {
  return [...(exchange?.losses ?? [])]
    .sort((a, b) => weight(a) - weight(b))
    .flatMap((loss) => lossLines(loss, width, theme, loss.topic === 'hint' && hints === 'short'));
}

function weight(loss: LossRecord): number {
  const order = { refused: 0, dropped: 1, downgraded: 2, emulated: 3 } as const;
  return order[loss.action] + (loss.topic === 'hint' ? 10 : 0);
}

/** Action, path and from → to; the reason beside them where it fits, else below. */
function lossLines(loss: LossRecord, width: number, theme: Theme, short: boolean): readonly Line[] {
  const serious = changesMeaning(loss);
  const change = loss.to === '' ? loss.from : `${loss.from} ${theme.symbols.arrow} ${loss.to}`;
  const place: Line = [
    span(`${cell(loss.action, ACTION_WIDTH, theme)}  `, serious ? STYLE.warn : STYLE.dim),
    span(printable(loss.path, theme.ascii), serious ? STYLE.strong : {}),
  ];
  const changed = change === '' || change === loss.path ? '' : printable(change, theme.ascii);
  const head: Line = [...place, ...(changed === '' ? [] : [span(`  ${changed}`)])];
  const reason = printable(loss.reason, theme.ascii).replaceAll('\n', ' ');
  const oneLine: Line = [...head, span(`  ${reason}`, STYLE.dim)];
  if (short || lineWidth(oneLine) <= width) return [oneLine];
  const below = (text: string, style?: Style) =>
    wrap(text, width - INDENT.length).map((line) => [span(INDENT + line, style)]);
  const fits = lineWidth(head) <= width;
  return [
    fits ? head : place,
    ...(fits || changed === '' ? [] : below(changed)),
    ...below(reason, STYLE.dim),
  ];
}
