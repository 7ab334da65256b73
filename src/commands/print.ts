import stringWidth from 'string-width';
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
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const used = heading.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const lines = [heading, ...rows].map((row) =>
    heading.map((_, column) => row[column] ?? '').filter((_, column) => used[column]),
  );
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))),
  );
  const padded = lines.map((line) =>
    line
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(cell))))
      .join('  ')
      .trimEnd(),
  );
  print(padded.join('\n'));
}
