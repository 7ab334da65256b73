import { type Exchange, isFinal } from '../../../traffic/exchange.ts';
import { formatBytes, formatCost, formatSeconds, formatTokens } from '../../format.ts';
import { fitLine, highlight, type Line, lineWidth, type Span, STYLE, span } from '../../line.ts';
import { printable, wrap } from '../../text.ts';
import type { Theme } from '../../theme.ts';
import { durationOf, errorWords, routeNames, stateSymbol, stateWords } from '../exchange-words.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from '../frame.ts';
import { lossLinesOf } from '../losses.ts';
import {
  DETAIL_TABS,
  type DetailState,
  type DetailTab,
  shownDocument,
  shownRows,
  tabPlace,
} from './detail-state.ts';
import { bodyOf } from './document.ts';
import { marksOf } from './marks.ts';
import { rowLine } from './row-line.ts';
import { findMatches } from './search.ts';
import type { DetailSource } from './source.ts';

export interface DetailProps extends Place {
  readonly exchange: Exchange | undefined;
  readonly source: DetailSource;
  readonly state: DetailState;
  readonly query: string;
  /** The query while it is typed. */
  readonly typed: string | undefined;
  readonly now: number;
}

/** Rows above the body: the facts of the exchange and the tabs; less where there is hardly room. */
function chromeRows(height: number): number {
  return height >= 12 ? 3 : 1;
}

/** Rows that a body has in a panel of this height. */
export function detailPage(height: number): number {
  return Math.max(1, height - FRAME_ROWS - chromeRows(height));
}

/** Cells of a line of a body in a panel of this width. */
export function detailWidth(width: number): number {
  return Math.max(8, width - FRAME_COLUMNS);
}

/** The Detail panel: what went in and out on both sides of the proxy in one exchange. */
export function detailPanel(props: DetailProps): readonly Line[] {
  const { exchange, height } = props;
  if (!exchange) {
    return frame([[span('No request yet.', STYLE.dim)]], { ...props, title: 'Detail' });
  }
  const head = chromeRows(height) > 1 ? [factsLine(exchange, props)] : [];
  const content = [...head, tabsLine(props), ...(head.length > 0 ? [[]] : []), ...bodyLines(exchange, props)];
  const title = `Detail of ${exchange.number}`;
  return frame(content, { ...props, title, note: noteOf(props) });
}

/** How many lines the Changes tab has. */
export function changesCount(exchange: Exchange | undefined, width: number, theme: Theme): number {
  return exchange ? changeLines(exchange, width, theme).length : 0;
}

function noteOf({ state, source, query, typed, theme }: DetailProps): Line {
  if (typed !== undefined) return [span(`/${typed}${theme.symbols.caret}`, STYLE.active)];
  const document = shownDocument(state, source);
  const size =
    source.kind === 'ready' && state.tab !== 'changes'
      ? (bodyOf(source.bodies, state.tab)?.text.length ?? 0)
      : 0;
  const length = size > 0 ? [span(formatBytes(size), STYLE.dim)] : [];
  if (query === '' || !document) return length;
  const count = findMatches(document, query).length;
  const { match } = tabPlace(state);
  const at = match === undefined || match >= count ? '' : `${match + 1} of `;
  return [span(`/${query} ${at}${count}  `, STYLE.active), ...length];
}

/** `✓ 200  opus → glm-5.2  /openai/v1/responses  first token 0.39s  9.40s  13.1k in  577 out  $.0042`. */
function factsLine(exchange: Exchange, { now, width, theme }: DetailProps): Line {
  const { symbol, style } = stateSymbol(exchange, theme);
  const { timing, usage, cost, path } = exchange;
  const facts: readonly string[] = [
    ...(timing.firstToken === undefined ? [] : [`ttft ${formatSeconds(timing.firstToken)}`]),
    formatSeconds(durationOf(exchange, now)),
    ...(usage?.input === undefined ? [] : [`${formatTokens(usage.input)} in`]),
    ...(usage?.output === undefined ? [] : [`${formatTokens(usage.output)} out`]),
    ...(cost === undefined ? [] : [`$${formatCost(cost)}`]),
  ];
  const front = [span(`${symbol} ${stateWords(exchange, now)}  `, style)];
  const back = [span(`  ${facts.join('  ')}  `), span(path, STYLE.dim)];
  // Of long names some is let go rather than the facts; the path may be cut.
  const room = width - FRAME_COLUMNS - lineWidth([...front, ...back.slice(0, 1)]);
  return [...front, ...routeNames(exchange, Math.max(room, 16), theme), ...back];
}

const LONG: Readonly<Record<DetailTab, string>> = {
  clientRequest: 'Client request',
  upstreamRequest: 'Upstream request',
  upstreamReply: 'Upstream reply',
  clientReply: 'Client reply',
  changes: 'Changes',
};
const SHORT: Readonly<Record<DetailTab, string>> = {
  clientRequest: 'Client req',
  upstreamRequest: 'Upstream req',
  upstreamReply: 'Upstream reply',
  clientReply: 'Client reply',
  changes: 'Changes',
};

/** The bodies, the one in view as a bar; short names in a narrow panel, the one in view alone in a narrower one. */
function tabsLine({ exchange, state, width, theme }: DetailProps): Line {
  const losses = exchange?.losses.length ?? 0;
  const nameOf = (tab: DetailTab, names: Readonly<Record<DetailTab, string>>) =>
    tab === 'changes' && losses > 0 ? `${names[tab]} ${losses}` : names[tab];
  const line = (names: Readonly<Record<DetailTab, string>>): Line =>
    DETAIL_TABS.flatMap((tab): Span[] => {
      const style = tab === state.tab ? STYLE.selected : STYLE.dim;
      return [span(` ${nameOf(tab, names)} `, style), span(' ')];
    }).slice(0, -1);
  const inner = width - FRAME_COLUMNS;
  const fitting = [line(LONG), line(SHORT)].find((choice) => lineWidth(choice) <= inner);
  if (fitting) return fitting;
  const [left, right] = theme.ascii ? ['<', '>'] : ['←', '→'];
  return [
    span(`${left} `, STYLE.dim),
    span(` ${nameOf(state.tab, LONG)} `, STYLE.selected),
    span(` ${right}  ${DETAIL_TABS.indexOf(state.tab) + 1} of ${DETAIL_TABS.length}`, STYLE.dim),
  ];
}

function bodyLines(exchange: Exchange, props: DetailProps): readonly Line[] {
  const { state, source, focused, width, height, theme } = props;
  const place = tabPlace(state);
  const inner = detailWidth(width);
  const page = detailPage(height);
  if (state.tab === 'changes') {
    const lines = changeLines(exchange, inner, theme);
    const top = Math.max(0, Math.min(place.top, lines.length - page));
    return lines.slice(top, top + page);
  }
  const rows = shownRows(state, source, inner);
  if (rows.length === 0)
    return silence(exchange, source).flatMap((text) =>
      wrap(text, inner).map((line) => [span(line, STYLE.dim)]),
    );
  const cursor = Math.min(place.cursor, rows.length - 1);
  const top = Math.max(0, Math.min(place.top, rows.length - 1, cursor));
  // Losses name places of the client's request.
  const marks = state.tab === 'clientRequest' ? marksOf(exchange.losses, exchange.clientProtocol) : undefined;
  return rows.slice(top, top + page).map((row, index) => {
    const line = rowLine(row, { width: inner, theme, marks });
    return focused && top + index === cursor ? highlight(fitLine(line, inner, theme)) : line;
  });
}

/** What stands where there is no body. */
function silence(exchange: Exchange, source: DetailSource): readonly string[] {
  switch (source.kind) {
    case 'running':
      return ['The bodies can be looked at when the exchange is over.'];
    case 'asked':
      return ['Asking for the bodies.'];
    case 'gone':
      return [
        'The bodies are gone: only those of the last exchanges are kept, in memory; serve keeps them with --ui or --record full.',
      ];
    case 'ready':
      return [
        exchange.attempts === 0
          ? 'Nothing: the request did not go upstream.'
          : isFinal(exchange.state) && exchange.state !== 'done'
            ? 'Nothing: the exchange ended before.'
            : 'Nothing.',
      ];
  }
}

/** Cells of the name of a fact in the Changes tab. */
const FACT_WIDTH = 12;

/** The Changes tab: where it went and as what, then each loss. */
export function changeLines(exchange: Exchange, width: number, theme: Theme): readonly Line[] {
  const { clientProtocol, upstreamProtocol, alias, modelAsked, upstream, model, modelServed } = exchange;
  const { arrow } = theme.symbols;
  const fact = (label: string, text: string): readonly Line[] =>
    wrap(text, Math.max(8, width - FACT_WIDTH)).map((line, row) => [
      span((row === 0 ? label : '').padEnd(FACT_WIDTH), STYLE.dim),
      span(line),
    ]);
  const error = errorWords(exchange);
  const protocols =
    upstreamProtocol === undefined || upstreamProtocol === clientProtocol
      ? `${PROTOCOLS[clientProtocol]}, relayed as it is`
      : `${PROTOCOLS[clientProtocol]} ${arrow} ${PROTOCOLS[upstreamProtocol]}, translated`;
  const served = modelServed !== undefined && modelServed !== model ? `, answered as ${modelServed}` : '';
  const losses = lossLinesOf(exchange, width, theme, 'whole');
  return [
    ...(error === undefined
      ? []
      : [
          ...wrap(`${theme.symbols.bad} ${printable(error, theme.ascii).replaceAll('\n', ' ')}`, width).map(
            (line) => [span(line, STYLE.bad)],
          ),
          [],
        ]),
    ...fact('protocol', protocols),
    ...fact(
      'model',
      `${modelAsked}${alias === undefined || alias === modelAsked ? '' : ` ${arrow} ${alias}`} ${arrow} ${model ?? '?'}${served}`,
    ),
    ...(upstream === undefined ? [] : fact('upstream', upstream)),
    ...(exchange.attempts > 1 ? fact('attempts', String(exchange.attempts)) : []),
    [],
    ...(losses.length > 0 ? losses : [[span('Nothing was lost.', STYLE.dim)]]),
  ];
}

const PROTOCOLS = {
  chat: 'Chat Completions',
  responses: 'Responses',
  messages: 'Anthropic Messages',
  gemini: 'Gemini',
} as const;
