import { type Exchange, isFinal, tokensPerSecond } from '../../traffic/exchange.ts';
import type { ScreenState } from '../compositor/compositor.ts';
import { formatCount, formatElapsed, formatTokens, formatUsd } from '../format.ts';
import { type Line, lineText, lineWidth, type Span, STYLE, span, spread } from '../line.ts';
import { newestOf } from '../newest.ts';
import { failureWord, routeNames } from '../panels/exchange-words.ts';
import type { TrafficStore } from '../store.ts';
import type { Theme } from '../theme.ts';

/** An exchange that streams is worth a word when nothing came for this long, in milliseconds. */
const SILENT_MS = 3000;

export interface StatusProps {
  readonly store: TrafficStore;
  readonly state: ScreenState;
  /** The prefix key, as users press it. */
  readonly prefix: string;
  /** What is to be said instead: a question, a warning. */
  readonly notice: string | undefined;
  readonly lastDeltaAt: number | undefined;
  readonly now: number;
  readonly width: number;
  readonly theme: Theme;
}

/** The last row of a session: where requests go, what the newest is doing, what it came to, and the way to the rest. */
export function statusBar(props: StatusProps): Line {
  const { store, state, prefix, notice, width, theme } = props;
  if (notice !== undefined) return bar(spread([span(` ${notice}`)], [], width, theme));
  const right = [
    span(state.armed ? ` ${prefix}:  1-4 layout  tab focus  q end  ? help ` : ` ${prefix} menu `),
  ];
  const left: Span[] = [span(' ')];
  const room = width - lineWidth(right);
  for (const group of groups(props)) {
    const next = left.length > 1 ? [span(` ${theme.symbols.separator} `), span(group)] : [span(group)];
    if (lineWidth([...left, ...next]) > room) break;
    left.push(...next);
  }
  if (store.exchanges.length === 0 && left.length === 1) left.push(span('no request yet'));
  return bar(spread(left, right, width, theme));
}

function bar(line: Line): Line {
  return line.map(({ text }) => ({ text, style: STYLE.selected }));
}

/** Most important first: what does not fit is left out from the end. */
function groups({ store, state, lastDeltaAt, now, width, theme }: StatusProps): readonly string[] {
  const { totals, session } = store;
  const newest = newestOf(store.exchanges);
  const parts: string[] = [];
  if (newest) parts.push(lineText(routeNames(newest, Math.max(16, Math.floor(width * 0.4)), theme)));
  else if (session?.alias) parts.push(session.alias);
  if (state.asked !== state.layout) parts.push(`no room for ${state.asked}`);
  if (newest) parts.push(activity(newest, lastDeltaAt, now, theme));
  if (state.scrolledBack > 0) parts.push(`scrolled back ${state.scrolledBack}`);
  if (state.focus === 'panels' && state.layout !== 'panels') parts.push('keys in panels');
  if (totals.requests > 0) {
    const bad = totals.failed > 0 ? ` ${theme.symbols.bad}${totals.failed}` : '';
    parts.push(`${totals.requests} req${bad}`);
    if (totals.input + totals.output > 0)
      parts.push(`${formatTokens(totals.input)} in ${formatTokens(totals.output)} out`);
    if (totals.priced > 0) parts.push(formatUsd(totals.cost));
    if (totals.losses > 0)
      parts.push(`${theme.symbols.loss} ${formatCount(totals.losses, 'loss', 'losses')}`);
  }
  parts.push(state.layout);
  return parts;
}

/** What the newest exchange is doing: `prefill 3s`, `thinking`, `64 tok/s`, `silent for 12s`. */
function activity(exchange: Exchange, lastDeltaAt: number | undefined, now: number, theme: Theme): string {
  const { symbols } = theme;
  if (isFinal(exchange.state)) {
    if (exchange.state === 'failed') return `${symbols.bad} ${failureWord(exchange)}`;
    if (exchange.state === 'cancelled') return `${symbols.cancelled} cancelled`;
    const rate = tokensPerSecond(exchange);
    return `${symbols.ok}${rate === undefined ? '' : ` ${Math.round(rate)} tok/s`}`;
  }
  const since = now - exchange.startedAt - (exchange.timing.sent ?? 0);
  if (exchange.state === 'streaming' || exchange.state === 'thinking') {
    const silent = lastDeltaAt === undefined ? 0 : now - lastDeltaAt;
    const word = silent > SILENT_MS ? `silent for ${formatElapsed(silent)}` : exchange.state;
    return `${symbols.running} ${word}`;
  }
  return `${symbols.waiting} ${exchange.state} ${formatElapsed(since)}`;
}
