import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';
import { formatAge, formatCount, formatPath } from '../format.ts';
import { printable } from '../text.ts';
import type { PickerAlias, PickerChoice, PickerModel, PickerPreset, PickerVariable } from './model.ts';
import type { PickerEnd } from './run.tsx';
import { choiceOf, initialPickerState, isMissing, type PickerState, selectionOf } from './state.ts';

/** Where questions are asked: a terminal that lines can be typed on. */
export interface PromptIo {
  readonly stdin: ReadStream;
  readonly stdout: { write(text: string): unknown };
}

/** The user typed ctrl+c, or closed the input. */
class Left extends Error {}

/**
 * The picker as questions and answers, one line each, for screen readers and for terminals that cannot be drawn on:
 * a preset by number, a client by number, what is missing, and it starts. A secret is not shown while it is typed.
 */
export async function runPrompts(model: PickerModel, io: PromptIo): Promise<PickerEnd> {
  const desk = new Desk(io);
  try {
    const choice = await ask(model, desk);
    return { kind: 'start', choice };
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    desk.say('');
    return { kind: 'quit', exitCode: 0 };
  } finally {
    desk.close();
  }
}

async function ask(model: PickerModel, desk: Desk): Promise<PickerChoice> {
  desk.say(`llmup ${model.version}. Start a session in ${formatPath(model.workspace)}.`);
  const [recent] = model.recent;
  if (recent) desk.say(`The last one was ${recent.preset}, ${formatAge(recent.startedAt, Date.now())}.`);
  const state = initialPickerState(model);
  for (;;) {
    const preset = await choosePreset(model, state, desk);
    const alias = await chooseAlias(preset, desk);
    const problem = preset.problem ?? model.presets[preset.index]?.aliases[alias]?.problem;
    if (problem !== undefined) {
      desk.say(`It cannot be used: ${problem}`);
      continue;
    }
    const client = await desk.choose(
      'Clients:',
      model.clients.map(({ label, version, fetches, note }) =>
        [label, version, fetches && `not installed, starting fetches ${fetches}`, note]
          .filter(Boolean)
          .join(', '),
      ),
      'Client',
      0,
    );
    const aliases = { ...state.aliases, [preset.name]: alias };
    const entered = await askForValues({ ...state, preset: preset.index, client, aliases }, model, desk);
    const choice = choiceOf({ ...state, preset: preset.index, client, aliases, entered }, model);
    if (choice) return choice;
  }
}

type Numbered = PickerPreset & { readonly index: number };

async function choosePreset(model: PickerModel, state: PickerState, desk: Desk): Promise<Numbered> {
  const names = model.presets.map((preset) => {
    const { problem } = preset;
    const missing = preset.aliases[0]?.variables.filter((variable) => isMissing(variable, state)).length ?? 0;
    const stand =
      problem !== undefined
        ? 'cannot be used'
        : missing > 0
          ? `needs ${formatCount(missing, 'value')}`
          : 'ready';
    return [preset.name, preset.title, stand].filter(Boolean).join(', ');
  });
  const index = await desk.choose('Presets:', names, 'Preset', state.preset);
  const preset = model.presets[index];
  if (!preset) throw new Left();
  return { ...preset, index };
}

async function chooseAlias({ aliases }: PickerPreset, desk: Desk): Promise<number> {
  if (aliases.length < 2) return 0;
  const words = ({ name, model, wire }: PickerAlias) =>
    [name, model !== undefined && model !== name && model, `${wire.from} to ${wire.to}`]
      .filter(Boolean)
      .join(', ');
  return desk.choose('Models:', aliases.map(words), 'Model', 0);
}

/** Asks for each value that is missing, until it will do. */
async function askForValues(
  state: PickerState,
  model: PickerModel,
  desk: Desk,
): Promise<Readonly<Record<string, string>>> {
  let { entered } = state;
  for (const variable of selectionOf(state, model).missing) {
    entered = { ...entered, [variable.name]: await askForValue(variable, desk) };
  }
  return entered;
}

async function askForValue({ name, purpose, secret, check }: PickerVariable, desk: Desk): Promise<string> {
  // Hidden before it is asked for: who is quick types at the first word.
  if (secret) desk.hide(true);
  try {
    desk.say(
      `${name}: ${purpose}.${secret ? ' It is not shown while you type, and kept in memory only.' : ''}`,
    );
    for (;;) {
      const value = (await (secret ? desk.secret(`${name}: `) : desk.line(`${name}: `))).trim();
      const fault = value === '' ? 'a value is needed; ctrl+c leaves' : check(value);
      if (fault === undefined) return value;
      desk.say(`That will not do: ${fault}.`);
    }
  } finally {
    if (secret) desk.hide(false);
  }
}

/** The terminal, a line at a time. Nothing is written but text and line breaks. */
class Desk {
  readonly #io: PromptIo;
  readonly #decoder = new StringDecoder('utf8');
  #typed = '';
  #ended = false;
  #wake: () => void = () => {};

  constructor(io: PromptIo) {
    this.#io = io;
    io.stdin.on('data', this.#onData);
    io.stdin.on('end', this.#onEnd);
    io.stdin.on('error', this.#onEnd);
    io.stdin.resume();
  }

  close(): void {
    const { stdin } = this.#io;
    stdin.off('data', this.#onData);
    stdin.off('end', this.#onEnd);
    stdin.off('error', this.#onEnd);
    stdin.pause();
  }

  say(text: string): void {
    this.#io.stdout.write(`${printable(text)}\n`);
  }

  /** One of several, by its number; an empty line takes the one that is named. Returns its place, from 0. */
  async choose(title: string, items: readonly string[], name: string, first: number): Promise<number> {
    this.say(title);
    for (const [index, item] of items.entries()) this.say(`  ${index + 1}. ${item}`);
    for (;;) {
      const answer = (await this.line(`${name}, 1 to ${items.length}, enter for ${first + 1}: `)).trim();
      const number = answer === '' ? first + 1 : Number(answer);
      if (Number.isInteger(number) && number >= 1 && number <= items.length) return number - 1;
      this.say(`There is no ${answer}.`);
    }
  }

  /** A line as the terminal edits and shows it. */
  async line(prompt: string): Promise<string> {
    this.#io.stdout.write(prompt);
    for (;;) {
      const end = this.#typed.search(/[\r\n]/);
      if (end >= 0) return this.#take(end);
      await this.#more();
    }
  }

  /** Whether the terminal shows what is typed, and edits it. */
  hide(hidden: boolean): void {
    this.#io.stdin.setRawMode(hidden);
  }

  /** A line that is {@link hide hidden}: without the terminal's help, backspace and ctrl+c are ours. */
  async secret(prompt: string): Promise<string> {
    const { stdout } = this.#io;
    stdout.write(prompt);
    try {
      for (;;) {
        if (/[\u0003\u0004]/.test(this.#typed)) throw new Left();
        const end = this.#typed.search(/[\r\n]/);
        if (end >= 0) return erased(this.#take(end));
        await this.#more();
      }
    } finally {
      stdout.write('\n');
    }
  }

  #take(end: number): string {
    const line = this.#typed.slice(0, end);
    const isPair = this.#typed.startsWith('\r\n', end);
    this.#typed = this.#typed.slice(end + (isPair ? 2 : 1));
    return line;
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Left();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onData = (data: Buffer | string): void => {
    this.#typed += typeof data === 'string' ? data : this.#decoder.write(data);
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };
}

/** What is left of keys after backspace and ctrl+u. */
function erased(keys: string): string {
  const kept: string[] = [];
  for (const key of keys) {
    if (key === '\u007f' || key === '\b') kept.pop();
    else if (key === '\u0015') kept.length = 0;
    else kept.push(key);
  }
  return kept.join('').replace(/\u001b\[[0-9;~A-Za-z]*|\p{Cc}/gu, '');
}
