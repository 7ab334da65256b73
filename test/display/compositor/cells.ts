import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm, { type Terminal } from '@xterm/headless';

/** An emulator as both the child's screen and the user's terminal use it. */
export function emulator(columns: number, rows: number): Terminal {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 500,
    logLevel: 'off',
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  return terminal;
}

export function write(terminal: Terminal, text: string): Promise<void> {
  return new Promise((resolve) => terminal.write(text, resolve));
}

/** Parts of a cell that the emulator keeps beyond its public interface. */
interface Extended {
  readonly extended?: {
    readonly underlineStyle: number;
    readonly underlineColor: number;
    readonly urlId: number;
  };
}
interface LinkService {
  readonly _core: { readonly _oscLinkService: { getLinkData(id: number): { uri: string } | undefined } };
}

/** Every visible cell as one comparable string: width, character, colours, attributes, link. */
export function cellsOf(
  terminal: Terminal,
  area = { x: 0, y: 0, width: terminal.cols, height: terminal.rows },
): string[] {
  const buffer = terminal.buffer.active;
  const cells: string[] = [];
  for (let y = 0; y < area.height; y++) {
    const line = buffer.getLine(buffer.baseY + area.y + y);
    for (let x = 0; x < area.width; x++) {
      const cell = line?.getCell(area.x + x);
      if (!cell) continue;
      const flags = [
        cell.isBold(),
        cell.isDim(),
        cell.isItalic(),
        cell.isUnderline(),
        cell.isBlink(),
        cell.isInverse(),
        cell.isInvisible(),
        cell.isStrikethrough(),
        cell.isOverline(),
      ].map((flag) => (flag ? 1 : 0));
      const foreground = cell.isFgDefault()
        ? 'default'
        : `${cell.isFgRGB() ? 'rgb' : 'palette'}${cell.getFgColor()}`;
      const background = cell.isBgDefault()
        ? 'default'
        : `${cell.isBgRGB() ? 'rgb' : 'palette'}${cell.getBgColor()}`;
      const { underlineStyle = 0, underlineColor = 0, urlId = 0 } = (cell as Extended).extended ?? {};
      // What a former occupant of the cell had is kept where the line is not drawn.
      const underline = cell.isUnderline()
        ? `${Math.max(1, underlineStyle)}/${colourOf(underlineColor)}`
        : '';
      const links = (terminal as unknown as LinkService)._core._oscLinkService;
      const link = urlId ? links.getLinkData(urlId)?.uri : undefined;
      cells.push(
        `${x},${y} ${cell.getWidth()} ${JSON.stringify(cell.getChars() || ' ')} ${foreground} ${background} ${flags.join('')} ${underline} ${link ?? ''}`,
      );
    }
  }
  return cells;
}

/** An underline's colour without the style that is packed beside it. */
function colourOf(packed: number): string {
  const mode = packed & 0x3000000;
  return mode === 0x3000000 ? `rgb${packed & 0xffffff}` : mode ? `palette${packed & 255}` : 'text';
}

/** A screen that uses what terminals can do: colours, attributes, wide and combining characters, regions, links. */
export const FEATURE_SCREEN = [
  '\x1b[2J\x1b[H',
  Array.from(
    { length: 16 },
    (_, colour) =>
      `\x1b[${colour < 8 ? 30 + colour : 82 + colour}mX\x1b[${colour < 8 ? 40 + colour : 92 + colour}mY\x1b[0m`,
  ).join(''),
  '\r\n',
  Array.from(
    { length: 40 },
    (_, colour) => `\x1b[48;5;${16 + colour * 6}m \x1b[38;5;${colour * 6}mo\x1b[0m`,
  ).join(''),
  '\r\n',
  Array.from(
    { length: 30 },
    (_, step) => `\x1b[38;2;${step * 8};${255 - step * 8};128m▓\x1b[48;2;10;${step * 8};60m.\x1b[0m`,
  ).join(''),
  '\r\n\x1b[1mbold\x1b[0m \x1b[2mdim\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munder\x1b[0m \x1b[4:3mcurly\x1b[0m \x1b[4:4;58:5:196mdotted\x1b[0m \x1b[4;58:2::10:20:30mtinted\x1b[0m \x1b[7minverse\x1b[0m \x1b[9mstrike\x1b[0m \x1b[53mover\x1b[0m \x1b[5mblink\x1b[0m \x1b[8mhidden\x1b[0m',
  '\r\n日本語テスト 한국어 中文 😀👍🏽 👨‍👩‍👧 🇩🇪 é ñ́ ☎︎ ☎️',
  '\r\n┌──┬──┐ ╭─╮ ▀▄█ ░▒▓',
  '\r\n\x1b(0lqqk\x1b(B\ttab\ttab',
  '\r\n\x1b]8;;https://example.com/a\x1b\\link\x1b]8;;\x1b\\ plain',
  '\x1b[12;3H\x1b[41m\x1b[K\x1b[0mcleared to the end in red',
  '\x1b[14;18r\x1b[14;1Hone\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\nseven\x1b[r',
  '\x1b[20;1Habcdef\x1b[20;3H\x1b[2@XY\x1b[20;1H\x1b[1P',
  '\x1b[22;5H',
].join('');
