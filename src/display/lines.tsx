import { Box, Text } from 'ink';
import { memo } from 'react';
import { fitLine, type Line, type Span } from './line.ts';
import type { Theme } from './theme.ts';

interface LinesProps {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** Draws lines into a rectangle of exactly `width` by `height` cells: everything on the screen comes through here. */
export function Lines({ lines, width, height, theme }: LinesProps) {
  const rows = Array.from({ length: height }, (_, row) => ({
    key: String(row),
    line: fitLine(lines[row] ?? [], width, theme),
  }));
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      {rows.map(({ key, line }) => (
        <Row key={key} line={line} color={theme.color} />
      ))}
    </Box>
  );
}

interface RowProps {
  readonly line: Line;
  readonly color: boolean;
}

/** One row; drawn anew only when its text or its look changed. */
const Row = memo(
  ({ line, color }: RowProps) => {
    const pieces = line.map((piece, column) => ({ key: String(column), piece }));
    return (
      <Text wrap="truncate-end">
        {pieces.map(({ key, piece }) => (
          <Piece key={key} piece={piece} color={color} />
        ))}
      </Text>
    );
  },
  (before, after) => before.color === after.color && sameLine(before.line, after.line),
);

function Piece({ piece, color }: { readonly piece: Span; readonly color: boolean }) {
  const { text, style } = piece;
  return (
    <Text
      {...(color && style?.color && { color: style.color })}
      bold={style?.bold === true}
      dimColor={style?.dim === true}
      italic={style?.italic === true}
      inverse={style?.inverse === true}
    >
      {text}
    </Text>
  );
}

function sameLine(a: Line, b: Line): boolean {
  return (
    a.length === b.length &&
    a.every((piece, index) => {
      const other = b[index];
      return piece.text === other?.text && sameStyle(piece.style, other.style);
    })
  );
}

function sameStyle(a: Span['style'], b: Span['style']): boolean {
  return (
    a === b ||
    (a?.color === b?.color &&
      a?.bold === b?.bold &&
      a?.dim === b?.dim &&
      a?.italic === b?.italic &&
      a?.inverse === b?.inverse)
  );
}
