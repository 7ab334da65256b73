import { FullScreen, type TerminalIo } from '../terminal.ts';
import { createTheme } from '../theme.ts';
import type { PickerChoice, PickerModel } from './model.ts';
import { Picker } from './picker.tsx';

/** How the picker ended: with a choice, or with the exit code of a quit (0) or a signal (128+n). */
export type PickerEnd =
  | { readonly kind: 'start'; readonly choice: PickerChoice }
  | { readonly kind: 'quit'; readonly exitCode: number };

/** Lets the user choose, on the whole screen, and gives the terminal back as it was before it returns. */
export async function runPicker(
  model: PickerModel,
  io: TerminalIo = process,
  options: { readonly ascii?: boolean } = {},
): Promise<PickerEnd> {
  const theme = createTheme(options, process.env);
  let done: (end: PickerEnd) => void = () => {};
  const chosen = new Promise<PickerEnd>((resolve) => {
    done = resolve;
  });
  const onDone = (choice: PickerChoice | undefined) =>
    done(choice ? { kind: 'start', choice } : { kind: 'quit', exitCode: 0 });
  const screen = new FullScreen(io, (size) => (
    <Picker model={model} size={size} theme={theme} onDone={onDone} />
  ));
  try {
    const interrupted = screen.ended.then((exitCode): PickerEnd => ({ kind: 'quit', exitCode }));
    return await Promise.race([chosen, interrupted]);
  } finally {
    screen.close();
  }
}
