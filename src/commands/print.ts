import { writeOut } from './stdout.ts';

/** Writes a command's output: text that people read, or that a pipe takes. */
export function print(text: string): void {
  writeOut(text.endsWith('\n') ? text : `${text}\n`);
}

/** Machine output: one JSON document, alone on stdout. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Columns under a heading, two spaces apart. A column that is empty throughout is left out. */
export async function printTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const used = heading.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const lines = [heading, ...rows].map((row) =>
    heading.map((_, column) => row[column] ?? '').filter((_, column) => used[column]),
  );
  const widthOf = await measure(lines.flat().join(''));
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => widthOf(line[column] ?? ''))),
  );
  const padded = lines.map((line) =>
    line
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
  print(padded.join('\n'));
}

/** How wide a text is in a terminal. The library that knows takes as long to load as all else, and is rarely needed. */
async function measure(text: string): Promise<(text: string) => number> {
  if (/^[\x20-\x7e]*$/.test(text)) return ({ length }) => length;
  const { default: stringWidth } = await import('string-width');
  return stringWidth;
}
