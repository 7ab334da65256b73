import { useInput } from 'ink';
import { useCallback, useEffect, useState } from 'react';
import { Lines } from '../lines.tsx';
import { type Stroke, strokesOf } from '../strokes.ts';
import type { TerminalSize } from '../terminal.ts';
import type { Theme } from '../theme.ts';
import type { PickerChoice, PickerModel } from './model.ts';
import { overLastTop, pickerScreen } from './screen.ts';
import { initialPickerState, type PickerState, reducePicker } from './state.ts';

export interface PickerProps {
  readonly model: PickerModel;
  readonly size: TerminalSize;
  readonly theme: Theme;
  /** Called once: with the choice, or without one when the user quits. */
  readonly onDone: (choice: PickerChoice | undefined) => void;
}

/** Preset, client and missing values, chosen with the keyboard. */
export function Picker({ model, size, theme, onDone }: PickerProps) {
  const [state, setState] = useState(() => initialPickerState(model));
  const { outcome } = state;
  const { columns: width, rows: height } = size;

  useInput(
    useCallback(
      (input, key) => {
        const strokes = strokesOf(input, key);
        const after = (state: PickerState, stroke: Stroke) =>
          reducePicker(state, stroke, model, overLastTop({ model, state, width, height, theme }));
        setState((before) => strokes.reduce(after, before));
      },
      [model, width, height, theme],
    ),
  );

  useEffect(() => {
    if (outcome) onDone(outcome.kind === 'start' ? outcome.choice : undefined);
  }, [outcome, onDone]);

  const lines = pickerScreen({ model, state, width, height, theme });
  return <Lines lines={lines} width={width} height={height} theme={theme} />;
}
