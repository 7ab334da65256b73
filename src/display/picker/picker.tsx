import { useInput } from 'ink';
import { useCallback, useEffect, useState } from 'react';
import { Lines } from '../lines.tsx';
import { strokesOf } from '../strokes.ts';
import type { TerminalSize } from '../terminal.ts';
import type { Theme } from '../theme.ts';
import type { PickerChoice, PickerModel } from './model.ts';
import { pickerScreen } from './screen.ts';
import { initialPickerState, reducePicker } from './state.ts';

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

  useInput(
    useCallback(
      (input, key) => {
        const strokes = strokesOf(input, key);
        setState((before) => strokes.reduce((state, stroke) => reducePicker(state, stroke, model), before));
      },
      [model],
    ),
  );

  useEffect(() => {
    if (outcome) onDone(outcome.kind === 'start' ? outcome.choice : undefined);
  }, [outcome, onDone]);

  const { columns: width, rows: height } = size;
  const lines = pickerScreen({ model, state, width, height, theme });
  return <Lines lines={lines} width={width} height={height} theme={theme} />;
}
