import { formatElapsed, formatSeconds } from '../format.ts';
import { cell, type Line, STYLE, type Style, span } from '../line.ts';
import type { Theme } from '../theme.ts';
import type { UpstreamView } from '../upstream-tally.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';

export interface UpstreamsProps extends Place {
  readonly upstreams: readonly UpstreamView[];
  /** The first line shown. */
  readonly top: number;
  readonly now: number;
}

/** The Upstreams panel: how each of them does, by the exchanges it had; what last went wrong below it. */
export function upstreamsPanel(props: UpstreamsProps): readonly Line[] {
  const { upstreams, top, width, height } = props;
  const lines = upstreams.flatMap((upstream) => upstreamLines(upstream, props));
  const room = height - FRAME_ROWS;
  const first = Math.min(top, lastUpstreamTop(upstreams, height));
  const content =
    lines.length > 0
      ? [
          headLine(nameWidth(props), width - FRAME_COLUMNS, props.theme),
          ...lines.slice(first, first + room - 1),
        ]
      : [[span('No upstream was asked yet.', STYLE.dim)]];
  return frame(content, { ...props, title: 'Upstreams' });
}

/** The first line that can be on top: 0 when everything fits. */
export function lastUpstreamTop(upstreams: readonly UpstreamView[], height: number): number {
  const lines = upstreams.reduce((sum, { lastError }) => sum + (lastError ? 2 : 1), 0);
  return Math.max(0, lines - (height - FRAME_ROWS - 1));
}

const COLUMNS = [
  { head: 'req', width: 5 },
  { head: 'run', width: 4 },
  { head: 'err', width: 4 },
  { head: 'retry', width: 6 },
  { head: 'ttft p50', width: 9 },
] as const;
const STATUS_WIDTH = 6;

function nameWidth({ upstreams, width }: UpstreamsProps): number {
  const longest = Math.max(8, ...upstreams.map(({ name }) => name.length));
  return Math.max(6, Math.min(longest, 28, width - FRAME_COLUMNS - STATUS_WIDTH - 12));
}

function headLine(name: number, width: number, theme: Theme): Line {
  const heads = ['last', ...COLUMNS.map(({ head }) => head)];
  return row(
    cell('upstream', name, theme),
    heads.map((text) => span(text, STYLE.dim)),
    STYLE.dim,
    width,
    theme,
  );
}

function upstreamLines(upstream: UpstreamView, props: UpstreamsProps): readonly Line[] {
  const { width, now, theme } = props;
  const { name, requests, running, errors, retries, firstTokenP50, lastStatus, lastError } = upstream;
  const { symbols } = theme;
  const ok = lastStatus !== undefined && lastStatus < 400;
  const status = lastStatus === undefined ? symbols.none : `${ok ? symbols.ok : symbols.bad} ${lastStatus}`;
  const count = (value: number, style: Style) =>
    value > 0 ? span(String(value), style) : span(symbols.none, STYLE.dim);
  const line = row(
    cell(name, nameWidth(props), theme),
    [
      span(status, lastStatus === undefined ? STYLE.dim : ok ? STYLE.ok : STYLE.bad),
      span(String(requests)),
      count(running, STYLE.active),
      count(errors, STYLE.bad),
      count(retries, STYLE.warn),
      span(firstTokenP50 === undefined ? symbols.none : formatSeconds(firstTokenP50)),
    ],
    STYLE.strong,
    width - FRAME_COLUMNS,
    theme,
  );
  if (!lastError) return [line];
  const ago = formatElapsed(now - lastError.at);
  return [line, [span(`  ${symbols.sub} ${lastError.message}`, STYLE.bad), span(`  ${ago} ago`, STYLE.dim)]];
}

/** The name, then as many figures as fit, each cell-exact. */
function row(
  name: string,
  figures: readonly Line[number][],
  style: Style,
  width: number,
  theme: Theme,
): Line {
  const [status, ...rest] = figures;
  const line = [
    span(name, style),
    span('  '),
    span(cell(status?.text ?? '', STATUS_WIDTH, theme), status?.style),
  ];
  let left = width - name.length - 2 - STATUS_WIDTH;
  for (const [index, { width: cells }] of COLUMNS.entries()) {
    const figure = rest[index];
    left -= cells;
    if (left < 0 || !figure) break;
    line.push(span(cell(figure.text, cells, theme, 'right'), figure.style));
  }
  return line;
}
