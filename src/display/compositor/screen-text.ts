import type { Terminal } from '@xterm/headless';

/**
 * What stays in the user's scrollback when the session is over: the child's last screen, or all that a child on the
 * normal screen wrote, as plain text. Colours are left out, so that it reads in any theme.
 *
 * @param maxLines the newest lines that are kept.
 */
export function lastScreenText(terminal: Terminal, maxLines: number): string {
  const buffer =
    terminal.buffer.active.type === 'alternate' ? terminal.buffer.alternate : terminal.buffer.normal;
  const lines: string[] = [];
  const first = Math.max(0, buffer.length - maxLines);
  for (let y = first; y < buffer.length; y++) {
    const line = buffer.getLine(y);
    // A row that goes on below keeps its blanks, and the terminal breaks the whole where it is wide itself.
    const text = line?.translateToString(!buffer.getLine(y + 1)?.isWrapped) ?? '';
    if (line?.isWrapped && lines.length > 0) lines.push(`${lines.pop()}${text}`);
    else lines.push(text);
  }
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  while (lines.length > 0 && lines[0] === '') lines.shift();
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}
