import type { Exchange } from '../../traffic/exchange.ts';
import { cell, type Line, lineWidth, STYLE, span } from '../line.ts';
import { printable, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import { changesMeaning } from '../totals.ts';
import { FRAME_COLUMNS, frame } from './frame.ts';

export interface LossesProps {
  readonly exchange: Exchange | undefined;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

type LossRecord = Exchange['losses'][number];

const ACTION_WIDTH = 10;

/** The Losses panel: what translation did to one exchange, the serious first, hints last. */
export function lossesPanel({ exchange, width, height, theme }: LossesProps): readonly Line[] {
  const losses = [...(exchange?.losses ?? [])].sort((a, b) => weight(a) - weight(b));
  const count = losses.filter(changesMeaning).length;
  const inner = width - FRAME_COLUMNS;
  const content =
    losses.length === 0
      ? [[span(exchange ? 'Nothing was lost in this exchange.' : '', STYLE.dim)]]
      : clip(
          losses.map((loss) => lossLines(loss, inner, theme)),
          height - 2,
        );
  const title = exchange ? `Losses of ${exchange.number}` : 'Losses';
  const note = count > 0 ? [span(`${count} of ${losses.length} change meaning`, STYLE.warn)] : [];
  return frame(content, { title, note, width, height, theme });
}

function weight(loss: LossRecord): number {
  const order = { refused: 0, dropped: 1, downgraded: 2, emulated: 3 } as const;
  return order[loss.action] + (loss.topic === 'hint' ? 10 : 0);
}

/** Action, path and from → to; the reason beside them where it fits, else below. Of a hint one line is enough. */
function lossLines(loss: LossRecord, width: number, theme: Theme): readonly Line[] {
  const serious = changesMeaning(loss);
  const change = loss.to === '' ? loss.from : `${loss.from} ${theme.symbols.arrow} ${loss.to}`;
  const head: Line = [
    span(`${cell(loss.action, ACTION_WIDTH, theme)}  `, serious ? STYLE.warn : STYLE.dim),
    span(printable(loss.path, theme.ascii), serious ? STYLE.strong : {}),
    ...(change === '' || change === loss.path ? [] : [span(`  ${printable(change, theme.ascii)}`)]),
  ];
  const reason = printable(loss.reason, theme.ascii).replaceAll('\n', ' ');
  const oneLine: Line = [...head, span(`  ${reason}`, STYLE.dim)];
  if (loss.topic === 'hint' || lineWidth(oneLine) <= width) return [oneLine];
  const indent = ' '.repeat(ACTION_WIDTH + 2);
  return [head, ...wrap(reason, width - indent.length).map((line) => [span(indent + line, STYLE.dim)])];
}

/** Whole losses as long as they fit, then how many more there are. */
function clip(losses: readonly (readonly Line[])[], room: number): readonly Line[] {
  const lines: Line[] = [];
  for (const [index, loss] of losses.entries()) {
    const isLast = index === losses.length - 1;
    if (lines.length + loss.length > room - (isLast ? 0 : 1)) {
      const rest = losses.length - index;
      return [...lines, [span(`and ${rest} more: a higher window shows them`, STYLE.dim)]];
    }
    lines.push(...loss);
  }
  return lines;
}
