import type { CommanderError } from 'commander';
import { EXIT, UserError } from '../user-error.ts';

/** What commander found wrong with the command line, as an error of ours that says what to do. */
export function usageError(error: CommanderError, args: readonly string[]): UserError {
  const [said = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const stray = strayCommand(said, args);
  const message = stray === undefined ? said : `unknown command '${stray}'`;
  const guess = /\(Did you mean (?:one of )?(.+?)\?\)/.exec(rest.join(' '))?.[1];
  const [command = ''] = args;
  const session = (SESSION_COMMANDS as readonly string[]).includes(command);
  return new UserError(message, EXIT.usage, [
    ...(guess === undefined ? [] : [`did you mean ${guess}?`]),
    ...(session ? clientHint(error, message, command) : []),
    `see llmup ${command.startsWith('-') || message === `unknown command '${command}'` ? '' : `${command} `}--help`,
  ]);
}

/** `llmup presets foo` is taken for an argument of the default command `list`, which the user never named. */
function strayCommand(message: string, args: readonly string[]): string | undefined {
  if (!message.startsWith("too many arguments for 'list'") || args.includes('list')) return undefined;
  return args.slice(1).find((arg) => !arg.startsWith('-'));
}

/** Commands that hand on what stands after `--`. */
const SESSION_COMMANDS = ['codex', 'claude', 'gemini', 'demo'] as const;

/** An option or a word that llmup does not know is most likely meant for the client. */
function clientHint(error: CommanderError, message: string, command: string): readonly string[] {
  if (error.code === 'commander.unknownOption') {
    const option = /'(-[^']*)'/.exec(message)?.[1] ?? '';
    return [`if it is the client's own, put it after --: llmup ${command} -- ${option}`];
  }
  if (error.code === 'commander.excessArguments') {
    return [`what is meant for the client stands after --: llmup ${command} [options] -- [client arguments]`];
  }
  return [];
}
