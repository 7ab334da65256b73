import { formatAge, formatCount, formatPath } from '../format.ts';
import { footerLine, helpLines, helpWindow } from '../key-lines.ts';
import { FIELD_KEYS, PICKER_KEYS } from '../keys.ts';
import { cell, fitLine, highlight, type Line, STYLE, span, spread } from '../line.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame } from '../panels/frame.ts';
import { overlay } from '../panels/overlay.ts';
import { cellWidth } from '../text.ts';
import type { Theme } from '../theme.ts';
import type { PickerClient, PickerPreset } from './model.ts';
import { previewLines, previewPanel } from './preview.ts';
import { clientName, recentPanel } from './recent.ts';
import type { PickerScreenProps, Scene } from './scene.ts';
import { aliasOf, isMissing, type PickerState, selectionOf } from './state.ts';
import { valueLines, valuePanel } from './values.ts';

/** From this width on there is a preview beside the lists. */
const WIDE = 110;
/** Below this height only the section in use is a list, the others are a line each. */
const LOW = 20;
/** From this room on the recent sessions are listed. */
const ROOMY = 26;

/** The whole screen of the picker: exactly `height` rows of `width` cells, top to bottom. */
export function pickerScreen(props: PickerScreenProps): readonly Line[] {
  const { model, state, width, height, theme } = props;
  const scene: Scene = { ...props, selection: selectionOf(state, model) };
  const preview = width >= WIDE && height >= LOW ? Math.floor(width * 0.4) : 0;
  const room = Math.max(0, height - 3);
  const left = { ...scene, width: width - preview, height: room };
  const lists = height < LOW ? lowPanels(left) : listPanels(left);
  const side = preview > 0 ? previewPanel({ ...scene, width: preview, height: room }) : [];
  const body = lists.map((line, row) => [...line, ...(side[row] ?? [])]);
  const lines = [headerLine(scene), ...body, messageLine(scene), footer(scene)];
  const all = withOverlay(lines, scene);
  return Array.from({ length: height }, (_, row) => fitLine(all[row] ?? [], width, theme));
}

function withOverlay(lines: readonly Line[], scene: Scene): readonly Line[] {
  const { state, width, height, theme } = scene;
  if (state.over === undefined) return lines;
  const shown = helpWindow(overLines(scene), state.overTop ?? 0, height);
  return overlay(lines, shown.lines, state.over === 'help' ? 'Keys' : 'Route', { width, height }, theme);
}

/** Lines of what lies over the screen that do not fit, and so the largest first line of what is shown. */
export function overLastTop(props: PickerScreenProps): number {
  const { model, state, height } = props;
  if (state.over === undefined) return 0;
  return helpWindow(overLines({ ...props, selection: selectionOf(state, model) }), 0, height).lastTop;
}

function overLines(scene: Scene): readonly Line[] {
  const { state, width, theme } = scene;
  if (state.over === 'help') return helpLines(PICKER_KEYS, width, theme);
  return previewLines(scene, Math.min(width - 2 * FRAME_COLUMNS, 76));
}

function headerLine({ model, width, theme }: Scene): Line {
  return spread(
    [
      span(' llmup', STYLE.strong),
      span(` ${model.version}`, STYLE.dim),
      span(`   start a session in ${formatPath(model.workspace)}`),
    ],
    [],
    width,
    theme,
  );
}

/** Presets, clients, values and recent sessions below each other; presets and values share what is left. */
function listPanels(scene: Scene): readonly Line[] {
  const { model, selection, height } = scene;
  const clients = Math.min(model.clients.length + FRAME_ROWS, Math.max(3, height - 8));
  const recent =
    height >= ROOMY && model.recent.length > 0 ? Math.min(model.recent.length, 5) + FRAME_ROWS : 0;
  const wanted = valueLines(scene).length + FRAME_ROWS;
  const rest = height - clients - recent;
  const presetRows = Math.min(selection.presets.length + FRAME_ROWS, Math.max(4, rest - wanted));
  // A short list does not stretch: the values below have the blank rows.
  const presets = Math.max(Math.min(rest - 4, Math.max(presetRows, Math.min(7, rest - wanted))), 3);
  return [
    ...presetPanel({ ...scene, height: presets }),
    ...clientPanel({ ...scene, height: clients }),
    ...valuePanel({ ...scene, height: Math.max(0, rest - presets) }),
    ...(recent > 0 ? recentPanel({ ...scene, height: recent }) : []),
  ].slice(0, height);
}

/** On a low screen: the section in use as a list, what is chosen in the others as a line each. */
function lowPanels(scene: Scene): readonly Line[] {
  const { state, height } = scene;
  const open = { ...scene, height: Math.max(3, height - 2) };
  const sections = {
    presets: () => presetPanel(open),
    clients: () => clientPanel(open),
    values: () => valuePanel(open),
  };
  const lines = (['presets', 'clients', 'values'] as const).flatMap((section) =>
    section === state.section ? sections[section]() : [chosenLine(section, scene)],
  );
  return lines.slice(0, height);
}

/** ` 2 Client  Codex CLI 0.169.0 ● found`. */
function chosenLine(section: PickerState['section'], scene: Scene): Line {
  const { state, selection, theme } = scene;
  const { preset, client, missing, variables } = selection;
  const title = (text: string) => span(`  ${cell(text, 10, theme)}`, STYLE.title);
  switch (section) {
    case 'presets':
      return [
        title('1 Preset'),
        span(preset?.name ?? 'no preset matches'),
        ...(preset ? [span('  '), ...readiness(preset, state, theme)] : []),
      ];
    case 'clients':
      return client
        ? [
            title('2 Client'),
            span([client.label, client.version].filter(Boolean).join(' ')),
            ...clientStatus(client, theme),
          ]
        : [title('2 Client')];
    case 'values': {
      const names = missing.map(({ name }) => name).join(', ');
      return [
        title('3 Values'),
        missing.length > 0
          ? span(
              `${theme.symbols.notReady} ${formatCount(missing.length, 'value')} missing: ${names}`,
              STYLE.warn,
            )
          : span(variables.length === 0 ? 'nothing to enter' : `${theme.symbols.ok} all there`, STYLE.dim),
      ];
    }
  }
}

function presetPanel(scene: Scene): readonly Line[] {
  const { state, selection, width, height, theme } = scene;
  const { presets, preset } = selection;
  const typing = state.field?.kind === 'filter';
  const note =
    typing || state.filter !== ''
      ? [span(`/${state.filter}${typing ? theme.symbols.caret : ''}`, STYLE.active)]
      : [];
  const nameWidth = Math.min(24, Math.max(8, ...presets.map(({ name }) => cellWidth(name))));
  const rows = presets.map((each) => presetRow(each, each === preset, nameWidth, scene));
  const at = preset ? presets.indexOf(preset) : 0;
  const room = height - FRAME_ROWS;
  const start = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const content = rows.length > 0 ? rows.slice(start) : [[span('  no preset matches', STYLE.dim)]];
  return frame(content, {
    title: '1 Preset',
    note,
    focused: state.section === 'presets',
    width,
    height,
    theme,
  });
}

function presetRow(preset: PickerPreset, selected: boolean, nameWidth: number, scene: Scene): Line {
  const { state, width, theme } = scene;
  const inner = width - FRAME_COLUMNS;
  const left = [
    span(selected ? `${theme.symbols.pointer} ` : '  ', STYLE.active),
    span(cell(preset.name, nameWidth, theme), STYLE.strong),
    span(`  ${preset.title ?? ''}`),
  ];
  const ready = readiness(preset, state, theme);
  const line = [
    ...fitLine(left, Math.max(0, inner - 26), theme),
    span('  '),
    ...fitLine(ready, Math.min(24, inner), theme),
  ];
  return selected && state.section === 'presets' && !state.field ? highlight(line) : line;
}

/** `● ready`, `○ needs OPENAI_API_KEY`, `○ needs 3 values`, `✗ has a problem`. */
function readiness(preset: PickerPreset, state: PickerState, { symbols }: Theme): Line {
  if (preset.problem !== undefined) return [span(`${symbols.bad} cannot be used`, STYLE.bad)];
  const alias = aliasOf(state, preset);
  if (alias?.problem !== undefined) return [span(`${symbols.bad} model not yet usable`, STYLE.bad)];
  const missing = alias?.variables.filter((variable) => isMissing(variable, state)) ?? [];
  const [first] = missing;
  if (!first) return [span(`${symbols.ready} ready`, STYLE.ok)];
  const name = first.use === 'model' ? 'a model' : first.name;
  const what = missing.length === 1 && name.length <= 16 ? name : formatCount(missing.length, 'value');
  return [span(`${symbols.notReady} needs ${what}`, STYLE.warn)];
}

function clientPanel({ model, state, width, height, theme }: Scene): readonly Line[] {
  const labelWidth = Math.max(...model.clients.map(({ label }) => cellWidth(label)));
  const versionWidth = Math.max(...model.clients.map(({ version = '' }) => cellWidth(version)));
  const rows = model.clients.map((client, index): Line => {
    const selected = index === state.client;
    const line = [
      span(selected ? `${theme.symbols.pointer} ` : '  ', STYLE.active),
      span(cell(client.label, labelWidth, theme), STYLE.strong),
      ...(client.id === 'serve' || versionWidth === 0
        ? []
        : [span(`  ${cell(client.version ?? '', versionWidth, theme)}`)]),
      ...clientStatus(client, theme),
      span(client.note === undefined ? '' : `  ${client.note}`, STYLE.dim),
    ];
    const focused = selected && state.section === 'clients' && !state.field;
    return focused ? highlight(fitLine(line, width - FRAME_COLUMNS, theme)) : line;
  });
  return frame(rows, {
    title: '2 Client',
    focused: state.section === 'clients',
    width,
    height,
    theme,
  });
}

/** Whether the client is there; the proxy alone needs none. */
function clientStatus(client: PickerClient, { symbols }: Theme): Line {
  if (client.id === 'serve') return [];
  if (client.fetches === undefined) return [span(`  ${symbols.ready} found`, STYLE.ok)];
  return [span(`  ${symbols.notReady} starting fetches ${client.fetches}`, STYLE.warn)];
}

/** What is to be said, else what was run last. */
function messageLine({ model, state, width, theme }: Scene): Line {
  const text = state.message?.split('\n')[0] ?? '';
  if (text !== '') return spread([span(` ${theme.symbols.bad} ${text}`, STYLE.warn)], [], width, theme);
  const [recent] = model.recent;
  if (!recent) return [];
  const what = [recent.preset, recent.alias, clientName(recent.client, model)].filter(Boolean).join(', ');
  const line = [
    span(' last: ', STYLE.dim),
    span(what),
    span(`, ${formatAge(recent.startedAt, Date.now())}`, STYLE.dim),
  ];
  return spread(line, [span('r starts it again ', STYLE.dim)], width, theme);
}

function footer({ model, state, selection, width, theme }: Scene): Line {
  const { field } = state;
  const keys = PICKER_KEYS.filter(({ action }) => action !== 'again' || model.recent.length > 0);
  if (!field) return footerLine(keys, width, theme);
  if (field.kind === 'filter') return footerLine(FIELD_KEYS, width, theme, { submit: 'keep the filter' });
  const isLast = field.thenStart && selection.missing.length <= 1;
  return footerLine(FIELD_KEYS, width, theme, {
    submit: isLast ? 'start' : field.thenStart ? 'next' : 'take it',
  });
}
