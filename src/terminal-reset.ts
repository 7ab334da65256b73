/**
 * Undoes whatever a full-screen program may have left on: synchronised output, colours, links, alternate screen, mouse
 * reports, focus reports, bracketed paste, both keyboard protocols (two levels, as Codex pushes two), cursor keys and
 * keypad modes, scroll region, cursor shape and visibility. Harmless where it was never on.
 *
 * The scroll region is reset inside saved cursor (`ESC 7`, `ESC 8`), since DECSTBM moves the cursor home.
 */
export const TERMINAL_RESET = [
  '\u001b[?2026l',
  '\u001b[0m',
  '\u001b]8;;\u0007',
  '\u001b[<u\u001b[<u\u001b[>4;0m',
  '\u001b[?1049l',
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?1015l',
  '\u001b[?1004l',
  '\u001b[?2004l',
  '\u001b[<u\u001b[<u\u001b[>4;0m',
  '\u001b[?1l\u001b>',
  '\u001b7\u001b[r\u001b8',
  '\u001b[?7h',
  '\u001b[0 q',
  '\u001b[?25h',
].join('');
