import { llmupPaths } from '../config/paths.ts';
import { asksLines, drawsScreens } from '../display/ability.ts';
import type { PickerChoice, PickerModel } from '../display/picker/model.ts';
import type { PickerEnd } from '../display/picker/run.tsx';
import { withTerminalGuard } from '../sessions/terminal-guard.ts';
import { EXIT, UserError } from '../user-error.ts';
import { DEMO_PRESET, pickerOffers } from './pick-offers.ts';

export interface PickOptions {
  /** Questions and answers instead of a screen. */
  readonly plain?: boolean;
  readonly ascii?: boolean;
}

/**
 * `llmup` alone, on a terminal: choose a preset and a client, enter what is missing, start. Where no screen can be
 * drawn, or a screen reader reads, by questions and answers.
 *
 * @returns the exit code of what was started; 0 when the user quit.
 */
export async function pick(options: PickOptions = {}): Promise<number> {
  const { env } = process;
  if (!asksLines(process, env)) {
    const inCi = asksLines(process, {});
    throw new UserError(
      `the picker needs a terminal${inCi ? ', and CI says that this is a log' : ''}`,
      EXIT.usage,
      [
        'say what to start instead: llmup codex --model <alias>, or llmup demo codex',
        'llmup presets lists what there is',
      ],
    );
  }
  const offers = await pickerOffers(llmupPaths(env), env, currentDirectory());
  const plain = options.plain || !drawsScreens(process, env);
  const end = await (plain ? runPlainly(offers) : runOnScreen(offers, options));
  return end.kind === 'quit' ? end.exitCode : startChoice(end.choice, { ...options, plain });
}

async function runOnScreen(offers: PickerModel, { ascii }: PickOptions): Promise<PickerEnd> {
  const { runPicker } = await import('../display/picker/run.tsx');
  return withTerminalGuard(() => runPicker(offers, process, { ...(ascii && { ascii }) }));
}

async function runPlainly(offers: PickerModel): Promise<PickerEnd> {
  const { runPrompts } = await import('../display/picker/prompts.ts');
  return runPrompts(offers, process);
}

/** The terminal is the user's again by now; what was entered goes on in memory. */
async function startChoice(
  { preset, client, alias, install, variables }: PickerChoice,
  { plain, ascii }: PickOptions,
): Promise<number> {
  if (client === 'serve') return startProxy(preset, variables);
  const options = {
    model: alias,
    ...(install && { install }),
    ...(plain && { plain }),
    ...(ascii && { ascii }),
  };
  if (preset === DEMO_PRESET) {
    const { runDemoCommand } = await import('./demo.ts');
    return runDemoCommand(client, options, []);
  }
  const { runSessionCommand } = await import('./session.ts');
  return runSessionCommand(client, { ...options, preset }, [], { variables });
}

/**
 * The proxy has no child: this process's own environment is as private as any other place in its memory. Without
 * panels, so that the address and the key of this run stay in sight.
 */
async function startProxy(preset: string, variables: Readonly<Record<string, string>>): Promise<number> {
  Object.assign(process.env, variables);
  const { serve } = await import('./serve.ts');
  const options = { preset, makeKey: true };
  if (preset !== DEMO_PRESET) return serve(options);
  const { startDemoUpstream } = await import('../demo/server.ts');
  const upstream = await startDemoUpstream();
  try {
    process.env.PRESET_DEMO_ENDPOINT_BASE_URL = `${upstream.url}/v1`;
    return await serve(options);
  } finally {
    await upstream.close();
  }
}

/** The directory llmup was started in; it may have been removed since. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new UserError('the current directory does not exist any more', EXIT.config, [
      'change to another one',
    ]);
  }
}
