import type { SessionView } from '../../sessions/view.ts';
import { formatCount, formatElapsed, formatPath, formatTokens, formatUsd } from '../format.ts';
import { type Line, lineWidth, type Span, STYLE, type Style, span, spread } from '../line.ts';
import type { Theme } from '../theme.ts';
import type { Totals } from '../totals.ts';

/** The first line of a viewer: what is being watched. */
export function headerLine(
  session: SessionView | undefined,
  closed: boolean,
  now: number,
  width: number,
  theme: Theme,
): Line {
  if (!session) return spread([span(' llmup', STYLE.strong)], [], width, theme);
  const { kind, client, clientVersion, preset, alias, workspace, proxyUrl } = session;
  const facts =
    kind === 'serve'
      ? [`proxy ${proxyUrl}`, preset]
      : [[client, clientVersion].filter(Boolean).join(' '), preset, alias, formatPath(workspace)];
  const gap = ` ${theme.symbols.dot} `;
  const left = [
    span(' llmup  ', STYLE.strong),
    span(facts.filter((fact) => fact !== undefined && fact !== '').join(gap)),
  ];
  const state = closed ? 'ended' : formatElapsed(now - session.startedAt);
  return spread(left, [span(`  ${shortId(session.id)}`, STYLE.dim), span(`  ${state} `)], width, theme);
}

/** The end of an id, which is enough to name a session by. */
function shortId(id: string): string {
  return id.split('-').at(-1) ?? id;
}

/** Sums of everything so far; what is zero and would only alarm is left out. Short signs where words do not fit. */
export function totalsLine(totals: Totals, width: number, theme: Theme): Line {
  const gap = span(` ${theme.symbols.separator} `, STYLE.dim);
  const lineOf = (groups: readonly (readonly Span[])[]): Line => [
    span(' '),
    ...groups.flatMap((group, index) => (index === 0 ? group : [gap, ...group])),
  ];
  const long = lineOf(totalsGroups(totals, theme, true));
  if (lineWidth(long) <= width) return spread(long, [], width, theme);
  // What still does not fit is left out from the end.
  const groups = [...totalsGroups(totals, theme, false)];
  while (groups.length > 1 && lineWidth(lineOf(groups)) > width) groups.pop();
  return spread(lineOf(groups), [], width, theme);
}

function totalsGroups(totals: Totals, { symbols }: Theme, words: boolean): readonly (readonly Span[])[] {
  const trouble = (count: number, symbol: string, text: string, style: Style) =>
    count > 0 ? [[span(words ? `${symbol} ${text}` : `${symbol}${count}`, style)]] : [];
  return [
    [span(formatCount(totals.requests, 'request'), STYLE.strong)],
    ...trouble(totals.running, symbols.running, `${totals.running} running`, STYLE.active),
    ...trouble(totals.failed, symbols.bad, `${totals.failed} failed`, STYLE.bad),
    [
      span(`${formatTokens(totals.input)} in`),
      ...(totals.cached > 0 ? [span(` (${formatTokens(totals.cached)} cached)`, STYLE.dim)] : []),
      span(`  ${formatTokens(totals.output)} out`),
    ],
    ...(totals.priced > 0 ? [[span(formatUsd(totals.cost), STYLE.strong)]] : []),
    ...trouble(totals.cancelled, symbols.cancelled, `${totals.cancelled} cancelled`, STYLE.warn),
    ...trouble(totals.retries, symbols.retry, formatCount(totals.retries, 'retry', 'retries'), STYLE.warn),
    ...trouble(totals.losses, symbols.loss, formatCount(totals.losses, 'loss', 'losses'), STYLE.warn),
  ];
}
