import type { Terminal } from '@xterm/headless';
import type { TerminalAbilities } from './probe.ts';

/** What the child asks of its terminal that the emulator does not tell through its public interface. */
export interface ChildModes {
  readonly cursorVisible: boolean;
  /** DECSCUSR, 0 the terminal's own. */
  readonly cursorStyle: number;
  /** Mouse reports are wanted in SGR form (mode 1006). */
  readonly sgrMouse: boolean;
  readonly kittyFlags: number;
  /** xterm's modifyOtherKeys level. */
  readonly modifyOtherKeys: number;
  /** The alternate screen is shown. */
  readonly alternateScreen: boolean;
}

/** Requests of the child that go on to the real terminal. */
export interface Passthrough {
  title(text: string): void;
  bell(): void;
  /** `OSC 52` payload: writing the clipboard. Reading is never passed on. */
  clipboard(payload: string): void;
  /** A desktop notification: `9;text`, `777;…`, `99;…`. */
  notification(payload: string): void;
}

/**
 * Follows the child's modes and answers its queries with what the real terminal said of itself; a query that the
 * real terminal did not answer stays unanswered, since a made-up colour makes clients paint wrongly.
 */
export function followModes(
  terminal: Terminal,
  abilities: TerminalAbilities,
  hooks: { reply(text: string): void; passthrough: Passthrough },
): () => ChildModes {
  let cursorVisible = true;
  let cursorStyle = 0;
  let sgrMouse = false;
  let alternateScreen = false;
  let modifyOtherKeys = 0;
  /** The kitty keyboard protocol keeps a stack of flags for each screen. */
  const stacks = { normal: [0], alternate: [0] };
  const stack = () => (alternateScreen ? stacks.alternate : stacks.normal);
  const top = () => stack().at(-1) ?? 0;
  const { parser } = terminal;
  const first = (params: (number | number[])[]): number => {
    const value = params[0];
    return (Array.isArray(value) ? value[0] : value) ?? 0;
  };

  const setPrivate = (on: boolean) => (params: (number | number[])[]) => {
    for (const param of params.flat()) {
      if (param === 25) cursorVisible = on;
      else if (param === 1006) sgrMouse = on;
      else if (param === 47 || param === 1047 || param === 1049) alternateScreen = on;
    }
    return false;
  };
  parser.registerCsiHandler({ prefix: '?', final: 'h' }, setPrivate(true));
  parser.registerCsiHandler({ prefix: '?', final: 'l' }, setPrivate(false));
  parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, (params) => {
    cursorStyle = first(params);
    return false;
  });
  parser.registerEscHandler({ final: 'c' }, () => {
    cursorVisible = true;
    cursorStyle = 0;
    sgrMouse = false;
    alternateScreen = false;
    modifyOtherKeys = 0;
    stacks.normal = [0];
    stacks.alternate = [0];
    return false;
  });

  // DECSTR, a soft reset, shows the cursor again.
  parser.registerCsiHandler({ intermediates: '!', final: 'p' }, () => {
    cursorVisible = true;
    return false;
  });

  // XTVERSION
  parser.registerCsiHandler({ prefix: '>', final: 'q' }, () => {
    hooks.reply('\x1bP>|llmup(xterm.js)\x1b\\');
    return true;
  });
  // Kitty keyboard protocol: query, push, pop, set. Keys are forwarded verbatim, so only what the real one has.
  parser.registerCsiHandler({ prefix: '?', final: 'u' }, () => {
    if (abilities.kittyKeyboard) hooks.reply(`\x1b[?${top()}u`);
    return true;
  });
  parser.registerCsiHandler({ prefix: '>', final: 'u' }, (params) => {
    stack().push(first(params));
    if (stack().length > 16) stack().shift();
    return true;
  });
  parser.registerCsiHandler({ prefix: '<', final: 'u' }, (params) => {
    for (let count = first(params) || 1; count > 0 && stack().length > 1; count--) stack().pop();
    return true;
  });
  parser.registerCsiHandler({ prefix: '=', final: 'u' }, (params) => {
    const flags = first(params);
    const how = Number(params[1] ?? 1) || 1;
    const next = how === 1 ? flags : how === 2 ? top() | flags : top() & ~flags;
    stack()[stack().length - 1] = next;
    return true;
  });
  parser.registerCsiHandler({ prefix: '>', final: 'm' }, (params) => {
    if (first(params) === 4) {
      modifyOtherKeys = Number(params[1] ?? 0) || 0;
    }
    return true;
  });
  // OSC 10, 11, 12: the real terminal's foreground, background and cursor colour.
  for (const [code, colour] of [
    [10, abilities.foreground],
    [11, abilities.background],
    [12, abilities.cursorColour],
  ] as const) {
    parser.registerOscHandler(code, (data) => {
      if (data === '?' && colour) hooks.reply(`\x1b]${code};${colour}\x1b\\`);
      return true;
    });
  }
  parser.registerOscHandler(52, (data) => {
    if (!data.endsWith(';?')) hooks.passthrough.clipboard(data);
    return true;
  });
  for (const code of [9, 99, 777]) {
    parser.registerOscHandler(code, (data) => {
      hooks.passthrough.notification(`${code};${data}`);
      return true;
    });
  }
  // Colour scheme query (dark or light).
  parser.registerCsiHandler({ prefix: '?', final: 'n' }, (params) => {
    if (first(params) !== 996) return false;
    if (abilities.dark !== undefined) hooks.reply(`\x1b[?997;${abilities.dark ? 1 : 2}n`);
    return true;
  });
  terminal.onTitleChange((title) => hooks.passthrough.title(title));
  terminal.onBell(() => hooks.passthrough.bell());

  return () => ({
    cursorVisible,
    cursorStyle,
    sgrMouse,
    alternateScreen,
    modifyOtherKeys,
    kittyFlags: top(),
  });
}
