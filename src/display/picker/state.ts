import { FIELD_KEYS, type FieldAction, PICKER_KEYS, type PickerAction } from '../keys.ts';
import { actionOf, type Stroke } from '../strokes.ts';
import type {
  PickerAlias,
  PickerChoice,
  PickerClient,
  PickerModel,
  PickerPreset,
  PickerVariable,
} from './model.ts';

export type Section = 'presets' | 'clients' | 'values';

/** A value or a filter being typed. */
export type Field =
  | { readonly kind: 'filter'; readonly text: string }
  | {
      readonly kind: 'value';
      readonly variable: PickerVariable;
      readonly text: string;
      readonly error?: string;
      /** Start once nothing is missing any more, as the user already asked to. */
      readonly thenStart: boolean;
    };

export interface PickerState {
  readonly section: Section;
  readonly preset: number;
  readonly client: number;
  readonly value: number;
  /** Chosen alias of a preset, by position; the first where nothing is noted. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly filter: string;
  readonly field?: Field;
  /** Values by variable name. In memory only, never drawn where the variable is secret. */
  readonly entered: Readonly<Record<string, string>>;
  /** What lies over the screen, until a key that does not scroll it. */
  readonly over?: 'help' | 'preview';
  /** Its first line. */
  readonly overTop?: number;
  /** Said once, until the next key. */
  readonly message?: string;
  /** The way out, once there is one. */
  readonly outcome?: { readonly kind: 'quit' } | { readonly kind: 'start'; readonly choice: PickerChoice };
}

/** Where the picker opens: on the first preset that can be started as it is. */
export function initialPickerState(model: PickerModel): PickerState {
  const state: PickerState = {
    section: 'presets',
    preset: 0,
    client: 0,
    value: 0,
    aliases: {},
    filter: '',
    entered: {},
  };
  const ready = model.presets.findIndex((preset) => isReady(preset, state));
  return { ...state, preset: Math.max(0, ready) };
}

function isReady(preset: PickerPreset, state: PickerState): boolean {
  const alias = aliasOf(state, preset);
  if (!alias || preset.problem !== undefined || alias.problem !== undefined) return false;
  return !alias.variables.some((variable) => isMissing(variable, state));
}

const SECTIONS: readonly Section[] = ['presets', 'clients', 'values'];

/** What is chosen at the moment. */
export interface PickerSelection {
  /** Those that pass the filter. */
  readonly presets: readonly PickerPreset[];
  readonly preset: PickerPreset | undefined;
  readonly alias: PickerAlias | undefined;
  readonly client: PickerClient | undefined;
  readonly variables: readonly PickerVariable[];
  readonly missing: readonly PickerVariable[];
}

export function selectionOf(state: PickerState, model: PickerModel): PickerSelection {
  const wanted = state.filter.toLowerCase();
  const presets = model.presets.filter(({ name, title = '' }) =>
    `${name} ${title}`.toLowerCase().includes(wanted),
  );
  const preset = presets[Math.min(state.preset, presets.length - 1)];
  const alias = preset && aliasOf(state, preset);
  const variables = alias?.variables ?? [];
  return {
    presets,
    preset,
    alias,
    client: model.clients[state.client],
    variables,
    missing: variables.filter((variable) => isMissing(variable, state)),
  };
}

export function aliasOf(state: PickerState, preset: PickerPreset): PickerAlias | undefined {
  return preset.aliases[state.aliases[preset.name] ?? 0];
}

/** Neither there from the start nor entered since. */
export function isMissing(variable: PickerVariable, { entered }: PickerState): boolean {
  return (
    (variable.origin === undefined || variable.fault !== undefined) && entered[variable.name] === undefined
  );
}

/**
 * The state after a stroke, whatever is open at the moment.
 * @param overLastTop the largest first line of what lies over the screen; 0 where all of it can be seen
 */
export function reducePicker(
  state: PickerState,
  stroke: Stroke,
  model: PickerModel,
  overLastTop: number,
): PickerState {
  if (state.outcome) return state;
  if (state.field) {
    // Only named keys are commands here: every character is part of the text.
    if ('text' in stroke) return typed(state, state.field.text + stroke.text.replace(/\p{Cc}/gu, ''));
    const action = actionOf(FIELD_KEYS, stroke);
    return action ? reduceField(state, action, model) : state;
  }
  const action = actionOf(PICKER_KEYS, stroke);
  if (!action) return state;
  if (state.over && action !== 'quit') return reduceOverlay(state, action, overLastTop);
  return reduceList(state, action, model);
}

function reduceOverlay(state: PickerState, action: PickerAction, lastTop: number): PickerState {
  const by = action === 'up' ? -1 : 1;
  if (lastTop > 0 && (action === 'up' || action === 'down'))
    return { ...state, overTop: Math.max(0, Math.min(lastTop, (state.overTop ?? 0) + by)) };
  const { over: _, overTop: __, ...rest } = state;
  return rest;
}

/** The state after a key while lists are open. */
function reduceList(before: PickerState, action: PickerAction, model: PickerModel): PickerState {
  const { message: _, ...state } = before;
  switch (action) {
    case 'up':
      return move(state, -1, model);
    case 'down':
      return move(state, 1, model);
    case 'first':
      return move(state, Number.NEGATIVE_INFINITY, model);
    case 'last':
      return move(state, Number.POSITIVE_INFINITY, model);
    case 'next-section':
      return turn(state, 1, model);
    case 'previous-section':
      return turn(state, -1, model);
    case 'next-alias':
      return turnAlias(state, 1, model);
    case 'previous-alias':
      return turnAlias(state, -1, model);
    case 'filter':
      return { ...state, section: 'presets', field: { kind: 'filter', text: state.filter } };
    case 'enter-value':
      return enterValue(state, model);
    case 'start':
      return start(state, model);
    case 'preview':
      return { ...state, over: 'preview' };
    case 'again':
      return startAgain(state, model);
    case 'help':
      return { ...state, over: 'help' };
    case 'back':
      return state.filter === '' ? quit(state) : unfiltered(state, model);
    case 'quit':
      return quit(state);
  }
}

/** All presets again, the same one selected. */
function unfiltered(state: PickerState, model: PickerModel): PickerState {
  const { preset } = selectionOf(state, model);
  const at = preset ? model.presets.indexOf(preset) : 0;
  return { ...state, section: 'presets', filter: '', preset: at };
}

/** Chooses what the newest recent session ran, and starts it; says what of it is not there any more. */
function startAgain(state: PickerState, model: PickerModel): PickerState {
  const [recent] = model.recent;
  if (!recent) return { ...state, message: 'there is no session yet to start again' };
  const preset = model.presets.findIndex(({ name }) => name === recent.preset);
  const client = model.clients.findIndex(({ id }) => id === recent.client);
  const aliases = model.presets[preset]?.aliases ?? [];
  // A model of an upstream without aliases is named as UPSTREAM:MODEL.
  const [upstream, ...rest] = (recent.alias ?? '').split(':');
  const alias = Math.max(
    aliases.findIndex(({ name }) => name === recent.alias),
    aliases.findIndex(({ name }) => name === upstream && rest.length > 0),
  );
  if (client < 0) return { ...state, message: `${recent.client} cannot be started from here` };
  if (preset < 0) return { ...state, message: `preset ${recent.preset} is not among those listed here` };
  if (alias < 0) return { ...state, message: `preset ${recent.preset} has no model ${recent.alias ?? ''}` };
  const named = aliases[alias]?.variables.find(({ use }) => use === 'model');
  const entered = named ? { ...state.entered, [named.name]: rest.join(':') } : state.entered;
  const chosen = { ...state.aliases, [recent.preset]: alias };
  const next = { ...state, filter: '', preset, client, value: 0, aliases: chosen, entered };
  return start(next, model);
}

/** The state after a key while a text is typed. */
function reduceField(state: PickerState, action: FieldAction, model: PickerModel): PickerState {
  const { field, ...rest } = state;
  if (!field) return state;
  switch (action) {
    case 'erase':
      return typed(state, [...field.text].slice(0, -1).join(''));
    case 'clear':
      return typed(state, '');
    case 'cancel':
      return field.kind === 'filter' ? unfiltered(rest, model) : rest;
    case 'submit':
      return field.kind === 'filter' ? rest : submit(rest, field, model);
    case 'quit':
      return quit(rest);
  }
}

/** The field with another text in it. */
function typed(state: PickerState, text: string): PickerState {
  const { field } = state;
  if (!field) return state;
  if (field.kind === 'filter')
    return { ...state, filter: text, preset: 0, value: 0, field: { ...field, text } };
  const { error: _, ...clean } = field;
  return { ...state, field: { ...clean, text } };
}

function submit(
  state: PickerState,
  field: Extract<Field, { kind: 'value' }>,
  model: PickerModel,
): PickerState {
  const value = field.text.trim();
  const error = value === '' ? 'a value is needed; esc leaves it out' : field.variable.check(value);
  if (error !== undefined) return { ...state, field: { ...field, error } };
  const next = { ...state, entered: { ...state.entered, [field.variable.name]: value } };
  return field.thenStart ? start(next, model) : next;
}

/** Starts what is selected, or asks for what is missing first, or says why it cannot be. */
function start(state: PickerState, model: PickerModel): PickerState {
  const { preset, alias, variables, missing } = selectionOf(state, model);
  if (!preset) return { ...state, message: 'no preset matches the filter' };
  if (preset.problem !== undefined) return { ...state, message: preset.problem };
  if (alias?.problem !== undefined) return { ...state, message: alias.problem };
  const [first] = missing;
  if (first) return edit(state, first, variables, true);
  const choice = choiceOf(state, model);
  return choice ? { ...state, outcome: { kind: 'start', choice } } : state;
}

/** What is chosen, with what was entered for it; undefined while it is incomplete. */
export function choiceOf(state: PickerState, model: PickerModel): PickerChoice | undefined {
  const { preset, alias, client, variables, missing } = selectionOf(state, model);
  if (!preset || !alias || !client || missing.length > 0) return undefined;
  const given = variables.flatMap(({ name, use }) => {
    const value = state.entered[name];
    return value === undefined ? [] : [{ name, value, use }];
  });
  const named = given.find(({ use }) => use === 'model');
  return {
    preset: preset.name,
    client: client.id,
    install: client.fetches !== undefined,
    alias: named ? `${alias.upstream}:${named.value}` : alias.name,
    variables: Object.fromEntries(
      given.filter(({ use }) => use === 'variable').map(({ name, value }) => [name, value]),
    ),
  };
}

/** Edits the selected value, else the first that is missing. What the environment has is the environment's. */
function enterValue(state: PickerState, model: PickerModel): PickerState {
  const { variables, missing } = selectionOf(state, model);
  const selected = state.section === 'values' ? variables[state.value] : undefined;
  const editable = (variable: PickerVariable | undefined) =>
    variable && (isMissing(variable, state) || state.entered[variable.name] !== undefined);
  const variable = editable(selected) ? selected : (missing[0] ?? variables.find(editable));
  if (!variable) {
    return { ...state, message: variables.length === 0 ? 'it needs no values' : 'nothing is missing' };
  }
  return edit(state, variable, variables, false);
}

function edit(
  state: PickerState,
  variable: PickerVariable,
  variables: readonly PickerVariable[],
  thenStart: boolean,
): PickerState {
  // A secret is typed anew; anything else can be corrected.
  const text = variable.secret ? '' : (state.entered[variable.name] ?? '');
  const field: Field = { kind: 'value', variable, text, thenStart };
  return { ...state, section: 'values', value: variables.indexOf(variable), field };
}

function move(state: PickerState, by: number, model: PickerModel): PickerState {
  const { presets, variables } = selectionOf(state, model);
  const within = (from: number, count: number) => Math.max(0, Math.min(count - 1, from + by));
  switch (state.section) {
    case 'presets':
      return { ...state, preset: within(state.preset, presets.length), value: 0 };
    case 'clients':
      return { ...state, client: within(state.client, model.clients.length) };
    case 'values':
      return { ...state, value: within(state.value, variables.length) };
  }
}

/** The next section that has something in it. */
function turn(state: PickerState, by: 1 | -1, model: PickerModel): PickerState {
  const sections = SECTIONS.filter(
    (section) => section !== 'values' || selectionOf(state, model).variables.length > 0,
  );
  const at = Math.max(0, sections.indexOf(state.section));
  return { ...state, section: sections[(at + by + sections.length) % sections.length] ?? 'presets' };
}

function turnAlias(state: PickerState, by: 1 | -1, model: PickerModel): PickerState {
  const { preset } = selectionOf(state, model);
  if (!preset || preset.aliases.length < 2) return state;
  const count = preset.aliases.length;
  const at = ((state.aliases[preset.name] ?? 0) + by + count) % count;
  return { ...state, value: 0, aliases: { ...state.aliases, [preset.name]: at } };
}

function quit(state: PickerState): PickerState {
  return { ...state, outcome: { kind: 'quit' } };
}
