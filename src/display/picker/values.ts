import { cell, fitLine, highlight, type Line, lineWidth, STYLE, span } from '../line.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame } from '../panels/frame.ts';
import { cellWidth, dropCells, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import type { PickerVariable } from './model.ts';
import { type Scene, wireWords } from './scene.ts';

/** The third panel: the model of the chosen preset, and what it needs. */
export function valuePanel(scene: Scene): readonly Line[] {
  const { state, selection, width, height, theme } = scene;
  const { preset, alias } = selection;
  const count = preset?.aliases.length ?? 0;
  const arrows = theme.ascii ? '</>' : '←→';
  const note = alias && count > 1 ? [span(`${arrows} ${count} models`, STYLE.dim)] : [];
  const lines = valueLines(scene);
  const room = height - FRAME_ROWS;
  // The line being edited stays in sight.
  const start = Math.max(0, Math.min(state.value + 2 - room + 2, lines.length - room));
  return frame(lines.slice(start), {
    title: preset ? `3 Values for ${preset.name}` : '3 Values',
    note,
    focused: state.section === 'values',
    width,
    height,
    theme,
  });
}

/** Its content; how many lines decides how the lists share the screen. */
export function valueLines(scene: Scene): readonly Line[] {
  const { state, selection, width, theme } = scene;
  const { preset, alias, variables } = selection;
  const inner = Math.max(2, width - FRAME_COLUMNS);
  if (!preset) return [];
  if (preset.problem !== undefined) {
    return preset.problem
      .split('\n')
      .flatMap((text) => wrap(text, inner))
      .map((text) => [span(text, STYLE.bad)]);
  }
  const model: Line = [
    span('  model  ', STYLE.dim),
    span(alias?.name ?? '', STYLE.strong),
    ...(alias?.model === undefined || alias.model === alias.name
      ? []
      : [span(` ${theme.symbols.arrow} ${alias.model}`)]),
    span(alias ? `  ${wireWords(alias, theme)}` : '', STYLE.dim),
  ];
  if (alias?.problem !== undefined) {
    return [model, ...wrap(alias.problem, inner - 2).map((text) => [span(`  ${text}`, STYLE.bad)])];
  }
  if (variables.length === 0) return [model, [span('  Nothing to enter.', STYLE.dim)]];
  const nameWidth = Math.min(36, Math.max(...variables.map(({ name }) => cellWidth(name))));
  const rows = variables.map((variable, row) =>
    variableLine(variable, row === state.value, nameWidth, scene),
  );
  const about = variables[state.value];
  const help =
    state.section === 'values' && about
      ? wrap(`${about.purpose}${state.field ? '; kept in memory only' : ''}`, inner - 2).map((text) => [
          span(`  ${text}`, STYLE.dim),
        ])
      : [];
  const error = state.field?.kind === 'value' ? state.field.error : undefined;
  const below = error === undefined ? help : [[span(`  ${theme.symbols.bad} ${error}`, STYLE.bad)]];
  return [model, ...rows, ...below];
}

function variableLine(variable: PickerVariable, atCursor: boolean, nameWidth: number, scene: Scene): Line {
  const { state, width, theme } = scene;
  const { symbols } = theme;
  const current = atCursor && state.section === 'values';
  const head = [
    span(current ? `${symbols.pointer} ` : '  ', STYLE.active),
    span(cell(variable.name, nameWidth, theme), STYLE.strong),
    span('  '),
  ];
  const room = width - FRAME_COLUMNS - lineWidth(head);
  if (state.field?.kind === 'value' && state.field.variable.name === variable.name) {
    return [...head, ...fieldSpans(variable, state.field.text, room, theme)];
  }
  const line = [...head, ...valueSpans(variable, state.entered[variable.name], theme)];
  return current && !state.field ? highlight(fitLine(line, width - FRAME_COLUMNS, theme)) : line;
}

/** What a variable has: `✓ environment`, `✓ entered ••••`, `○ missing`. */
function valueSpans(variable: PickerVariable, entered: string | undefined, { symbols }: Theme): Line {
  if (entered !== undefined) {
    const shown = variable.secret ? symbols.bullet.repeat(8) : entered;
    return [span(`${symbols.ok} entered  `, STYLE.ok), span(shown)];
  }
  if (variable.fault !== undefined) return [span(`${symbols.bad} ${variable.fault}`, STYLE.bad)];
  if (variable.origin !== undefined) return [span(`${symbols.ok} from ${variable.origin}`, STYLE.ok)];
  return [span(`${symbols.notReady} missing`, STYLE.warn)];
}

/** The text being typed, its end in sight; of a secret only how long it is. */
function fieldSpans(variable: PickerVariable, text: string, room: number, { symbols }: Theme): Line {
  const shown = variable.secret ? symbols.bullet.repeat([...text].length) : text;
  const surplus = Math.max(0, cellWidth(shown) - Math.max(0, room - 1));
  return [span(dropCells(shown, surplus), STYLE.active), span(symbols.caret, STYLE.active)];
}
