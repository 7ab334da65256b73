import type { Theme } from '../theme.ts';
import type { PickerAlias, PickerModel } from './model.ts';
import type { PickerSelection, PickerState } from './state.ts';

export interface PickerScreenProps {
  readonly model: PickerModel;
  readonly state: PickerState;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** What each part of the screen is drawn from; width and height are the part's own. */
export interface Scene extends PickerScreenProps {
  readonly selection: PickerSelection;
}

/** `Responses → Chat Completions, translated`. */
export function wireWords({ wire: { from, to } }: PickerAlias, { symbols }: Theme): string {
  return from === to ? `${from}, relayed as it is` : `${from} ${symbols.arrow} ${to}, translated`;
}
