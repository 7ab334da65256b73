/** What every panel is drawn with. Meaning is always in a symbol or a word too, never in a colour alone. */
export interface Theme {
  readonly ascii: boolean;
  readonly color: boolean;
  readonly symbols: Symbols;
}

/** Each is one cell wide. */
export interface Symbols {
  readonly cut: string;
  readonly pointer: string;
  readonly unfolded: string;
  readonly ok: string;
  readonly bad: string;
  readonly running: string;
  readonly waiting: string;
  readonly cancelled: string;
  readonly ready: string;
  readonly notReady: string;
  readonly loss: string;
  readonly retry: string;
  readonly tool: string;
  readonly thinking: string;
  readonly arrow: string;
  readonly sub: string;
  readonly dot: string;
  readonly bullet: string;
  readonly none: string;
  readonly caret: string;
  readonly separator: string;
  readonly border: {
    readonly topLeft: string;
    readonly topRight: string;
    readonly bottomLeft: string;
    readonly bottomRight: string;
    readonly horizontal: string;
    readonly vertical: string;
  };
}

const UNICODE: Symbols = {
  cut: '…',
  pointer: '▸',
  unfolded: '▾',
  ok: '✓',
  bad: '✗',
  running: '▶',
  waiting: '◌',
  cancelled: '■',
  ready: '●',
  notReady: '○',
  loss: '~',
  retry: '↻',
  tool: '⚙',
  thinking: '✻',
  arrow: '→',
  sub: '↳',
  dot: '·',
  bullet: '•',
  none: '–',
  caret: '▏',
  separator: '│',
  border: {
    topLeft: '╭',
    topRight: '╮',
    bottomLeft: '╰',
    bottomRight: '╯',
    horizontal: '─',
    vertical: '│',
  },
};

const ASCII: Symbols = {
  cut: '~',
  pointer: '>',
  unfolded: 'v',
  ok: '+',
  bad: 'x',
  running: '>',
  waiting: '.',
  cancelled: '#',
  ready: '*',
  notReady: 'o',
  loss: '~',
  retry: '@',
  tool: '$',
  thinking: '%',
  arrow: '>',
  sub: '\\',
  dot: '-',
  bullet: '*',
  none: '-',
  caret: '_',
  separator: '|',
  border: {
    topLeft: '+',
    topRight: '+',
    bottomLeft: '+',
    bottomRight: '+',
    horizontal: '-',
    vertical: '|',
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what the terminal can show from the environment; `ascii` asks for plain symbols whatever it says. */
export function createTheme(options: { readonly ascii?: boolean | undefined }, env: Environment): Theme {
  const ascii = options.ascii === true || !speaksUnicode(env);
  return { ascii, color: wantsColor(env), symbols: ascii ? ASCII : UNICODE };
}

/** A locale that is set and is not UTF-8 says no; so does the Linux console, whose font lacks the symbols. */
function speaksUnicode(env: Environment): boolean {
  if (env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}

/** https://no-color.org: present and not empty means no colour; FORCE_COLOR is read by the drawing library. */
function wantsColor(env: Environment): boolean {
  return !env.NO_COLOR || (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0');
}
