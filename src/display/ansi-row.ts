import type { Line, Style } from './line.ts';
import type { Theme } from './theme.ts';

const COLOURS = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, gray: 90 } as const;

/** A line with its colours as text, for what is drawn without Ink's layout: all that a session draws. */
export function ansiRow(line: Line, theme: Theme): string {
  return line.map(({ text, style }) => sgrOf(style, theme) + text).join('');
}

function sgrOf(style: Style | undefined, theme: Theme): string {
  const codes = ['0'];
  if (style?.bold) codes.push('1');
  if (style?.dim) codes.push('2');
  if (style?.italic) codes.push('3');
  if (style?.inverse) codes.push('7');
  if (theme.color && style?.color) codes.push(String(COLOURS[style.color]));
  return `\x1b[${codes.join(';')}m`;
}
