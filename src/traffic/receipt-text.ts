import type { Usage } from '../protocols/reply.ts';
import type { Receipt } from './receipt.ts';

interface ReceiptTextOptions {
  /** Escape sequences are written only with this: the caller knows whether a terminal reads it. */
  readonly colour?: boolean;
  /** Nothing beyond ASCII. */
  readonly ascii?: boolean;
  /** The user's home directory, shown as `~`. */
  readonly home?: string;
}

const WIDTH = 80;
const INDENT = '  ';
const LABEL_WIDTH = 11;
/** What is left beside a label, less what an ellipsis and an arrow grow by in ASCII. */
const ROOM = WIDTH - INDENT.length - LABEL_WIDTH - 3;
/** Lines of one heading; what is rarer than these is counted, not listed. */
const MAX_ROWS = 4;

/**
 * The receipt as the last lines a user sees: at most 80 columns (a long journal path alone may be longer, since
 * half a path is of no use), ending in a newline.
 */
export function formatReceipt(receipt: Receipt, options: ReceiptTextOptions = {}): string {
  const paint = options.colour ? inColour : plainly;
  const rows = [
    ...row('requests', requests(receipt, paint)),
    ...row('tokens', tokens(receipt)),
    ...row('cost', cost(receipt)),
    ...row('losses', losses(receipt, paint)),
    ...row('errors', errors(receipt, paint)),
  ].map(([label, text]) => `${INDENT}${paint('dim', label.padEnd(LABEL_WIDTH))}${text}`);
  const text = `${[heading(receipt, paint), ...rows].join('\n')}\n`;
  // A path is shown as it is: with other characters in it, it would be another path.
  const journal = receipt.journal === undefined ? '' : `${journalRow(receipt.journal, options, paint)}\n`;
  return `${options.ascii ? inAscii(text) : text}${journal}`;
}

type Style = 'bold' | 'dim' | 'red' | 'yellow';
type Paint = (style: Style, text: string) => string;

/** Select Graphic Rendition: the code that turns a style on and the one that ends it. */
const SGR: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
};

function inColour(style: Style, text: string): string {
  const [on, off] = SGR[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

function plainly(_style: Style, text: string): string {
  return text;
}

/** A label stands before the first of its lines only. */
function row(label: string, lines: readonly string[]): [label: string, text: string][] {
  return lines.map((line, index) => [index === 0 ? label : '', line]);
}

function heading(receipt: Receipt, paint: Paint): string {
  const { exitCode, durationMs, sessionId } = receipt;
  const facts = [formatDuration(durationMs), `session ${clip(tame(sessionId), 40)}`];
  const exit = exitCode ? ` · ${paint('red', `exit code ${exitCode}`)}` : '';
  return `${paint('bold', 'llmup')} · ${facts.join(' · ')}${exit}`;
}

function requests(receipt: Receipt, paint: Paint): string[] {
  const { requests: all, failed, cancelled, retries } = receipt;
  if (all === 0) return ['none: the client asked nothing of the model'];
  return [
    [
      formatCount(all),
      ...(failed > 0 ? [paint('red', `${formatCount(failed)} failed`)] : []),
      ...(cancelled > 0 ? [`${formatCount(cancelled)} cancelled`] : []),
      ...(retries > 0 ? [paint('yellow', plural(retries, 'retry', 'retries'))] : []),
    ].join(' · '),
  ];
}

function tokens({ requests: all, usage }: Receipt): string[] {
  const { input, output, cachedRead, cachedWrite, reasoning } = usage;
  if (all === 0) return [];
  if (input === undefined && output === undefined) return ['the provider did not say'];
  const inside = [
    ...(cachedRead === undefined ? [] : [`${formatCount(cachedRead)} cached${hitRate(usage)}`]),
    ...(cachedWrite ? [`${formatCount(cachedWrite)} written`] : []),
  ];
  const shown = [
    ...(input === undefined ? [] : [`${formatCount(input)} in${parenthesised(inside)}`]),
    ...(output === undefined
      ? []
      : [
          `${formatCount(output)} out${parenthesised(reasoning ? [`${formatCount(reasoning)} reasoning`] : [])}`,
        ]),
  ];
  const line = shown.join(' · ');
  return line.length <= ROOM ? [line] : shown;
}

/** The share of the input that the provider's prompt cache had. */
function hitRate({ input, cachedRead }: Usage): string {
  if (!input || cachedRead === undefined) return '';
  return `, ${Math.round((100 * cachedRead) / input)}%`;
}

function cost({ requests: all, cost: usd, unpriced }: Receipt): string[] {
  if (all === 0) return [];
  if (usd === undefined) return ['no price known'];
  const rest = unpriced === 0 ? '' : ` · without ${plural(unpriced, 'request', 'requests')} of unknown price`;
  return [`${formatUsd(usd)}${rest}`];
}

function losses(receipt: Receipt, paint: Paint): string[] {
  const hints = receipt.losses.filter(({ what }) => what === 'hint');
  const others = receipt.losses.filter(({ what }) => what !== 'hint');
  const shown = others.slice(0, MAX_ROWS).map(({ what, action, count }) => {
    const [before, after] = [times(count), ` ${action}`];
    const text = `${before}${clip(tame(what), ROOM - before.length - after.length)}${after}`;
    return action === 'emulated' ? text : paint('yellow', text);
  });
  const rest = others.slice(MAX_ROWS).reduce((sum, { count }) => sum + count, 0);
  return [
    ...shown,
    ...(rest > 0 ? [`${formatCount(rest)} more`] : []),
    ...hints.map(({ action, count }) => `${plural(count, 'hint', 'hints')} ${action}`),
  ];
}

function errors(receipt: Receipt, paint: Paint): string[] {
  const shown = receipt.errors
    .slice(0, MAX_ROWS)
    .flatMap(({ message, count }) => inTwoRows(`${times(count)}${tame(message)}`))
    .map((row) => paint('red', row));
  const rest = receipt.errors.slice(MAX_ROWS).reduce((sum, { count }) => sum + count, 0);
  return [...shown, ...(rest > 0 ? [`${formatCount(rest)} more`] : [])];
}

/** Causes stand at the end of a message, behind the names of things. */
function inTwoRows(text: string): string[] {
  let row = '';
  for (const word of text.split(' ')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (clip(longer, ROOM) !== longer) break;
    row = longer;
  }
  if (row === text || row === '') return [clip(text, ROOM)];
  return [row, `${INDENT}${clip(text.slice(row.length + 1), ROOM - INDENT.length)}`];
}

function journalRow(path: string, { home }: ReceiptTextOptions, paint: Paint): string {
  const shown = home !== undefined && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  const label = paint('dim', 'journal'.padEnd(LABEL_WIDTH));
  return INDENT.length + LABEL_WIDTH + shown.length <= WIDTH
    ? `${INDENT}${label}${shown}`
    : `${INDENT}${label.trimEnd()}\n${INDENT}${INDENT}${shown}`;
}

function times(count: number): string {
  return count === 1 ? '' : `${formatCount(count)}× `;
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function parenthesised(facts: readonly string[]): string {
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}

/** 48210 as `48,210`; what nobody would read to the end as `1.2T`. */
function formatCount(count: number): string {
  return count.toLocaleString('en-US', count < 1e9 ? {} : { notation: 'compact' });
}

/** Cents where they matter, else enough digits to tell a small sum from nothing. */
function formatUsd(usd: number): string {
  if (usd > 0 && usd < 0.0001) return '< $0.0001';
  if (usd > 0 && usd < 1) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** `0.4s`, `12s`, `4m 12s`, `1h 04m`. */
function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** A provider's words on one line, unable to move the cursor or to recolour the terminal. */
function tame(text: string): string {
  return text
    .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.?)/g, '')
    .replaceAll(/[\s\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Characters of one column each. */
const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff]*$/;

/**
 * Cuts to a width in columns, between graphemes, with an ellipsis. What is not surely narrow counts as wide: the library
 * that knows takes longer to load than all the rest of an end.
 */
function clip(text: string, width: number): string {
  if (NARROW.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;
  let cut = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const wide = NARROW.test(segment) ? segment.length : 2;
    if (used + wide > width - 1) return `${cut.trimEnd()}…`;
    used += wide;
    cut += segment;
  }
  return text;
}

const ASCII: Readonly<Record<string, string>> = { '·': '|', '…': '...', '→': '->', '×': 'x' };

function inAscii(text: string): string {
  return text
    .replaceAll(/[·…→×]/g, (sign) => ASCII[sign] ?? '?')
    .replaceAll(/[^\n\u001b\u0020-\u007e]/gu, '?');
}
