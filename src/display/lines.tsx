import { Text } from 'ink';
import { createContext, useContext, useLayoutEffect } from 'react';
import { ansiRow } from './ansi-row.ts';
import { fitLine, type Line } from './line.ts';
import type { Theme } from './theme.ts';

interface LinesProps {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/**
 * Takes rows from a display that puts them on the terminal itself. They are laid out already: Ink would take
 * them apart into characters and measure each, which costs many times what making them does.
 */
export const RowSink = createContext<((rows: readonly string[]) => void) | undefined>(undefined);

/** Draws lines into a rectangle of exactly `width` by `height` cells: everything on the screen comes through here. */
export function Lines({ lines, width, height, theme }: LinesProps) {
  const sink = useContext(RowSink);
  const rows = Array.from({ length: height }, (_, row) =>
    ansiRow(fitLine(lines[row] ?? [], width, theme), theme),
  );
  useLayoutEffect(() => sink?.(rows));
  return sink ? null : <Text>{rows.join('\n')}</Text>;
}
