import { type Exchange, isFinal } from '../../traffic/exchange.ts';
import { formatElapsed } from '../format.ts';
import { type Line, type Span, STYLE, type Style, span } from '../line.ts';
import { cellWidth, printable, truncate } from '../text.ts';
import type { Theme } from '../theme.ts';
import { changesMeaning } from '../totals.ts';

/** One cell that says how an exchange stands, and its colour. */
export function stateSymbol(exchange: Exchange, { symbols }: Theme): { symbol: string; style: Style } {
  switch (exchange.state) {
    case 'done':
      return { symbol: symbols.ok, style: STYLE.ok };
    case 'failed':
      return { symbol: symbols.bad, style: STYLE.bad };
    case 'cancelled':
      return { symbol: symbols.cancelled, style: STYLE.warn };
    case 'retrying':
      return { symbol: symbols.retry, style: STYLE.warn };
    case 'queued':
    case 'connecting':
    case 'prefill':
      return { symbol: symbols.waiting, style: STYLE.warn };
    case 'thinking':
      return { symbol: symbols.thinking, style: { color: 'magenta' } };
    case 'streaming':
      return { symbol: symbols.running, style: STYLE.active };
  }
}

/** The state in words, with the time it has been waiting where waiting is the point: `prefill 3s`. */
export function stateWords(exchange: Exchange, now: number): string {
  const { state, timing, startedAt } = exchange;
  const since = (from: number | undefined) => formatElapsed(now - startedAt - (from ?? 0));
  switch (state) {
    case 'queued':
    case 'connecting':
      return state;
    case 'prefill':
      return `prefill ${since(timing.sent)}`;
    case 'thinking':
      return `thinking ${since(timing.firstToken)}`;
    case 'streaming':
    case 'retrying':
    case 'cancelled':
      return state;
    case 'done':
      return exchange.status === undefined ? 'done' : String(exchange.status);
    case 'failed':
      return failureWord(exchange);
  }
}

/** The status, if it tells of the failure: a stream that breaks off began with a 200. */
export function failureWord({ status }: Exchange): string {
  return status === undefined || status < 400 ? 'failed' : String(status);
}

/** `opus → glm-5.2` in at most `cells` cells: of two names that are too long together each keeps its beginning. */
export function routeNames(exchange: Exchange, cells: number, { symbols, ascii }: Theme): Line {
  const [alias, model] = [aliasOf(exchange), modelOf(exchange)].map((name) => name && printable(name, ascii));
  const arrow = ` ${symbols.arrow} `;
  const room = Math.max(2, cells - (model === undefined ? 0 : arrow.length));
  const fair = Math.max(Math.floor(room / 2), room - cellWidth(model ?? ''));
  const head = truncate(alias ?? '', model === undefined ? room : fair, symbols.cut);
  if (model === undefined) return [span(head, STYLE.strong)];
  const tail = truncate(model, room - cellWidth(head), symbols.cut);
  return [span(head, STYLE.strong), span(arrow, STYLE.dim), span(tail, STYLE.strong)];
}

/** Retries and losses, as they stand behind a state: ` ↻1 ~2`. */
export function troubleMarks(exchange: Exchange, { symbols }: Theme): readonly Span[] {
  const retries = Math.max(0, exchange.attempts - 1);
  const losses = exchange.losses.filter(changesMeaning).length;
  return [
    ...(retries > 0 ? [span(` ${symbols.retry}${retries}`, STYLE.warn)] : []),
    ...(losses > 0 ? [span(` ${symbols.loss}${losses}`, STYLE.warn)] : []),
  ];
}

const SHORT = { chat: 'chat', responses: 'resp', messages: 'msgs', gemini: 'gem' } as const;

/** `resp→chat`; before it is routed only the client's protocol. */
export function wireWords(exchange: Exchange, { symbols }: Theme): string {
  const from = SHORT[exchange.clientProtocol];
  return exchange.upstreamProtocol ? `${from}${symbols.arrow}${SHORT[exchange.upstreamProtocol]}` : from;
}

/** What the client asked for: the alias it hit, or its own word before it is routed. */
export function aliasOf(exchange: Exchange): string {
  return exchange.alias ?? exchange.modelAsked;
}

export function modelOf(exchange: Exchange): string | undefined {
  return exchange.modelServed ?? exchange.model;
}

/** How long it took, or has been taking; milliseconds. */
export function durationOf(exchange: Exchange, now: number): number {
  if (exchange.timing.end !== undefined) return exchange.timing.end;
  return isFinal(exchange.state) ? (exchange.timing.lastToken ?? 0) : now - exchange.startedAt;
}

/** `rate limit: …`: why it failed, the kind in plain words first. */
export function errorWords({ error }: Exchange): string | undefined {
  return error && `${error.kind.replaceAll('-', ' ')}: ${error.message}`;
}
