#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Command, CommanderError, Option } from 'commander';
import type { ConfigOptions } from './commands/config.ts';
import type { ModelsOptions } from './commands/models.ts';
import type { PickOptions } from './commands/pick.ts';
import type { PresetsOptions } from './commands/presets.ts';
import type { ServeOptions } from './commands/serve.ts';
import type { SessionOptions } from './commands/session-options.ts';
import type { WatchOptions } from './commands/watch.ts';

// Start-up is a feature: each command is defined when it is named and imported when it runs. Even a small module that
// is shared with a command would be one file more to load for `--help`, so only commander is imported here.

interface CommandLine {
  /** What stands after the first `--`: the client's, untouched. */
  readonly clientArgs: readonly string[];
  /** Takes the exit code of the command that ran. */
  readonly done: (exitCode: number) => void;
}

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly hidden?: boolean;
  /** Adds arguments, options and the action. */
  define(command: Command, line: CommandLine): void;
}

const COMMANDS: readonly Entry[] = [
  {
    name: 'codex',
    description: 'run the Codex CLI on any model',
    define(command, { clientArgs, done }) {
      sessionOptions(command)
        .usage('[options] [-- codex arguments]')
        .action(async (flags: SessionFlags) => {
          const { runSessionCommand } = await import('./commands/session.ts');
          done(await runSessionCommand('codex', sessionOptionsOf(flags), clientArgs));
        });
    },
  },
  notYet('claude'),
  notYet('gemini'),
  {
    name: 'demo',
    description: 'run a client on the embedded demo model: no key, no network',
    define(command, { clientArgs, done }) {
      sessionOptions(command, ['config', 'preset', 'proxyBase'])
        .argument('[client]', 'which one', 'codex')
        .usage('[client] [options] [-- client arguments]')
        .action(async (client: string, flags: SessionFlags) => {
          const { runDemoCommand } = await import('./commands/demo.ts');
          done(await runDemoCommand(client, sessionOptionsOf(flags), clientArgs));
        });
    },
  },
  {
    name: 'serve',
    description: 'run the proxy alone, in the foreground',
    define(command, { done }) {
      presetOptions(command, 'CONFIG_PATH')
        .addOption(
          new Option('--listen <host:port>', "where to listen; the config's listen otherwise").env(
            'BIND_ADDR',
          ),
        )
        .option('--ui', 'show live panels')
        .option('--plain', 'with --ui: lines instead of panels')
        .option('--ascii', 'with --ui: ASCII characters only')
        .option('--strict', 'refuse translations that lose anything')
        .addOption(recordOption())
        .action(async (flags: ServeOptions) => {
          const { serve } = await import('./commands/serve.ts');
          done(await serve(serveOptionsOf(flags, command)));
        });
    },
  },
  {
    name: 'watch',
    description: 'live panels of a running session or proxy, from another terminal',
    define(command, { done }) {
      command
        .argument('[session|url]', "a session's id or a proxy's URL; the newest session otherwise")
        .option('--plain', 'lines instead of panels')
        .option('--ascii', 'ASCII characters only')
        .action(async (target: string | undefined, flags: WatchOptions) => {
          const { watch } = await import('./commands/watch.ts');
          done(await watch(target, flags));
        });
    },
  },
  {
    name: 'presets',
    description: 'the presets that can be used, and whether each is ready',
    define(command, { done }) {
      const list = command.command('list', { isDefault: true }).description('list them');
      envFileOption(list)
        .option('--json', 'machine output')
        .action(async (flags: PresetsOptions) => {
          const { presetsList } = await import('./commands/presets.ts');
          done(await presetsList(flags));
        });
      const show = command.command('show').description('what one holds, and which variables it wants');
      envFileOption(show)
        .argument('<name|file>')
        .option('--json', 'machine output')
        .action(async (name: string, flags: PresetsOptions) => {
          const { presetsShow } = await import('./commands/presets.ts');
          done(await presetsShow(name, flags));
        });
    },
  },
  {
    name: 'models',
    description: 'every alias: route, protocol, limits, capabilities, price',
    define(command, { done }) {
      presetOptions(command)
        .option('--json', 'machine output')
        .action(async (flags: ModelsOptions) => {
          const { models } = await import('./commands/models.ts');
          done(await models(flags));
        });
    },
  },
  {
    name: 'config',
    description: 'check, show and describe configs',
    define(command, { done }) {
      presetOptions(command.command('check').description('say whether a config is right'))
        .argument('[name|file]')
        .option('--json', 'machine output')
        .action(async (file: string | undefined, flags: ConfigOptions) => {
          const { configCheck } = await import('./commands/config.ts');
          done(await configCheck(file, flags));
        });
      presetOptions(command.command('render').description('show the hydrated config, secrets masked'))
        .argument('[name|file]')
        .option('-m, --model <alias>', 'only what a session on this alias can use')
        .action(async (file: string | undefined, flags: ConfigOptions) => {
          const { configRender } = await import('./commands/config.ts');
          done(await configRender(file, flags));
        });
      command
        .command('schema')
        .description('print the JSON Schema of a config, for editors')
        .action(async () => {
          const { configSchema } = await import('./commands/config.ts');
          done(await configSchema());
        });
    },
  },
];

const EXAMPLES = `
Without a command, on a terminal, llmup lets you choose what to start; with --plain by questions and answers.

Examples:
  llmup codex --model preset-openai-compatible
  llmup codex -- exec --skip-git-repo-check "fix the failing test"
  llmup demo codex`;

/** Options of `llmup` without a command. Commander would take them out of a command's line too. */
const PICKER_OPTIONS: Readonly<Record<string, PickOptions>> = {
  '--plain': { plain: true },
  '--ascii': { ascii: true },
};

/** The exit code of a command line that is not understood. */
const USAGE = 2;

/** Writes help, at once: setting up `process.stdout` takes longer. */
function writeOut(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // A reader that has left (`llmup --help | head -1`) is no fault.
  }
}

function getOutHelpWidth(): number {
  return isatty(1) ? process.stdout.columns : 80;
}

/** A client that a later version runs: told apart from a typing mistake. */
function notYet(client: string): Entry {
  return {
    name: client,
    description: '',
    hidden: true,
    define(command) {
      command
        .allowUnknownOption()
        .allowExcessArguments()
        .action(async () => {
          const { EXIT, UserError } = await import('./user-error.ts');
          throw new UserError(`this version of llmup cannot run ${client} yet`, EXIT.usage, [
            'it runs codex: see llmup codex --help',
          ]);
        });
    },
  };
}

/** The program. Of the commands only those named in `args` are defined beyond their name. */
function buildProgram(args: readonly string[], line: CommandLine): Command {
  const program = new Command('llmup')
    .description('Puts any model behind any coding agent, and lets you watch what goes over the wire.')
    .option('--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({ writeOut, getOutHelpWidth, getOutHasColors: () => false, outputError: () => {} })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  program.hook('preAction', (_, command) => refuseEmpty(command));
  for (const { name, description, hidden = false, define } of COMMANDS) {
    const command = program.command(name, { hidden }).description(description).helpCommand(false);
    if (args.includes(name)) define(command, line);
  }
  return program;
}

/** `--config "$FILE"` with FILE unset is a mistake; a variable that is set to nothing counts as unset. */
function refuseEmpty(command: Command): void {
  if (command.args.includes(''))
    throw new CommanderError(1, 'llmup.emptyArgument', 'error: an argument is empty');
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValue(name) !== '') continue;
    if (command.getOptionValueSource(name) !== 'env') {
      throw new CommanderError(1, 'llmup.emptyOption', `error: option '${option.flags}' argument is empty`);
    }
    command.setOptionValueWithSource(name, undefined, undefined);
  }
}

/** `--config-source` is another name of `--config`. */
type SessionFlags = SessionOptions & { readonly configSource?: string };

function sessionOptionsOf({ configSource, ...options }: SessionFlags): SessionOptions {
  const config = options.config ?? configSource;
  return config === undefined ? options : { ...options, config };
}

/** A preset that was typed outranks a config that the environment names. */
function serveOptionsOf({ config, ...flags }: ServeOptions, command: Command): ServeOptions {
  const outranked = flags.preset !== undefined && command.getOptionValueSource('config') === 'env';
  return config === undefined || outranked ? flags : { ...flags, config };
}

/** @param refused what this command explains rather than takes */
function sessionOptions(command: Command, refused: readonly string[] = []): Command {
  command.option('-m, --model <alias>', "alias, or UPSTREAM:MODEL; the preset's default otherwise");
  presetOptions(command)
    .addOption(new Option('--config-source <file>').hideHelp())
    .option('-w, --workspace <dir>', 'where the client works; the current directory otherwise')
    .option('--proxy-base <url>', 'attach to a proxy that was started elsewhere')
    .option('--isolate', 'also give the client its own HOME and XDG directories')
    .option('--ephemeral', "throw the client's home away afterwards")
    .option('--strict', 'refuse translations that lose anything')
    .addOption(recordOption())
    .option('--dangerous', "lift the client's own sandbox and approvals")
    .option('--install', 'fetch the tested version of the client when it is missing')
    .option('--client-bin <path>', "the client's program")
    .option('--print-env', 'show the exact arguments, environment and files, and start nothing')
    .addOption(
      new Option('--display <how>', 'where the client is shown; the best that fits otherwise').choices([
        'compositor',
        'inherit',
        'tmux',
        'none',
      ]),
    )
    .addOption(
      new Option('--layout <name>', 'the screen to start with').choices([
        'full',
        'right',
        'bottom',
        'panels',
      ]),
    )
    .option('--prefix <key>', "the key before llmup's own keys (default ctrl-\\)")
    .option('--plain', 'no panes: the client has the terminal to itself')
    .option('--quiet', 'no notes and no receipt')
    .option('--ascii', 'ASCII characters only')
    .option('--json', 'the receipt, or what --print-env shows, as JSON');
  for (const option of command.options) option.hidden ||= refused.includes(option.attributeName());
  return command;
}

function presetOptions(command: Command, configVariable?: string): Command {
  const config = new Option('--config <file>', 'a config file instead of a preset');
  command
    .addOption(configVariable === undefined ? config : config.env(configVariable))
    .option('--preset <name|file>', 'a preset of yours, or one that llmup brings');
  return envFileOption(command);
}

function envFileOption(command: Command): Command {
  return command.option('--env-file <file>', 'NAME=value lines for what the environment does not set');
}

function recordOption(): Option {
  return new Option('--record <what>', 'what the journal keeps of an exchange').choices([
    'full',
    'meta',
    'off',
  ]);
}

/** Runs one command line; everything after the first `--` is the client's. */
async function run(argv: readonly string[]): Promise<number> {
  const separator = argv.indexOf('--');
  const args = separator < 0 ? argv : argv.slice(0, separator);
  const clientArgs = separator < 0 ? [] : argv.slice(separator + 1);
  let exitCode = 0;
  const program = buildProgram(args, {
    clientArgs,
    done: (code) => {
      exitCode = code;
    },
  });
  if (args[0] === '--version') {
    const { version } = await import('./version.ts');
    writeOut(`${version}\n`);
    return 0;
  }
  if (args.every((arg) => Object.hasOwn(PICKER_OPTIONS, arg))) {
    if (isatty(0) && isatty(1)) {
      const { pick } = await import('./commands/pick.ts');
      return pick(Object.assign({}, ...args.map((arg) => PICKER_OPTIONS[arg])));
    }
    program.outputHelp({ error: true });
    return USAGE;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help was asked for, and is out already.
    if (error.exitCode === 0) return 0;
    // A group of commands without one of them: its help is on stderr already.
    if (error.code === 'commander.help') return USAGE;
    const { usageError } = await import('./commands/usage.ts');
    throw usageError(error, args);
  }
}

/** Tells of a fault; loaded only when there is one. */
async function fail(error: unknown): Promise<number> {
  const { reportFault } = await import('./commands/fault.ts');
  return reportFault(error, process.env);
}

// What nobody caught. A session ends itself in order, and so listens too.
process.on('uncaughtException', async (error) => {
  if (process.listenerCount('uncaughtException') === 1) process.exit(await fail(error));
});

process.exitCode = await run(process.argv.slice(2)).catch(fail);
