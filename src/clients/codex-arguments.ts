import type { ArgumentConflict, ClientArguments } from './client.ts';

/** One option as the user wrote it. */
interface GivenOption {
  /** The long name, without dashes. */
  readonly name: string;
  readonly value?: string;
  /** For messages: `-m`, `--model`. */
  readonly written: string;
}

interface CommandLine {
  readonly options: readonly GivenOption[];
  readonly positionals: readonly string[];
  /** The subcommand, its own subcommand after it: `exec`, `exec resume`. Empty for the interactive screen. */
  readonly command: string;
}

/** Reads arguments meant for Codex as Codex does, as far as a session depends on them. */
export function readCodexArguments(args: readonly string[]): ClientArguments {
  const { options, positionals, command } = parse(args);
  const settings = options.filter(({ name }) => name === 'config').map(({ value }) => setting(value ?? ''));
  const model = last(
    options.filter(({ name }) => name === 'model').map(({ value }) => value),
    settings.filter(({ key }) => key === 'model').map(({ value }) => value),
  );
  const directory = last(options.filter(({ name }) => name === 'cd').map(({ value }) => value));
  const usesModel =
    !WITHOUT_MODEL.has(command) && !options.some(({ name }) => name === 'help' || name === 'version');
  return {
    usesModel,
    interactive: usesModel && INTERACTIVE.has(command),
    ...(model !== undefined && { model }),
    stdinOptional: hasHeadlessPrompt(command, positionals),
    conflicts: [...options.flatMap(optionConflict), ...settings.flatMap(settingConflict)],
    ...(directory !== undefined && { directory }),
    profiles: options.filter(({ name }) => name === 'profile').flatMap(({ value }) => value ?? []),
  };
}

/** Commands that keep the house or talk to something else than a model. */
const WITHOUT_MODEL: ReadonlySet<string> = new Set([
  'apply',
  'archive',
  'cloud',
  'completion',
  'delete',
  'features',
  'help',
  'login',
  'logout',
  'mcp',
  'migrate-nfs-db',
  'migrate-rollouts',
  'plugin',
  'sandbox',
  'unarchive',
  'update',
]);

/** Commands with a screen, the one without a name among them. */
const INTERACTIVE: ReadonlySet<string> = new Set(['', 'agents', 'fork', 'resume']);

/** Every command of the pinned version: a first word that is none of these is a prompt. */
const COMMANDS: ReadonlySet<string> = new Set([
  ...WITHOUT_MODEL,
  'agents',
  'app-server',
  'debug',
  'doctor',
  'exec',
  'exec-server',
  'fork',
  'queue',
  'remote-control',
  'resume',
  'review',
]);
const ALIASES: Readonly<Record<string, string>> = { e: 'exec', a: 'apply' };
const EXEC_COMMANDS: ReadonlySet<string> = new Set(['resume', 'fork', 'review', 'help']);

/** Options that take a value, by long name; `image` takes several. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  'add-dir',
  'ask-for-approval',
  'base',
  'cd',
  'color',
  'commit',
  'config',
  'cyber-access-program',
  'disable',
  'enable',
  'image',
  'local-provider',
  'model',
  'output-last-message',
  'output-schema',
  'profile',
  'remote',
  'remote-auth-token-env',
  'sandbox',
  'thread-source',
  'title',
]);
const SHORT: Readonly<Record<string, string>> = {
  a: 'ask-for-approval',
  c: 'config',
  C: 'cd',
  h: 'help',
  i: 'image',
  m: 'model',
  o: 'output-last-message',
  p: 'profile',
  s: 'sandbox',
  V: 'version',
};

/** Splits the arguments by clap's rules: `--x v`, `--x=v`, `-x v`, `-xv`, `-x=v`, and `--` before words alone. */
function parse(args: readonly string[]): CommandLine {
  const options: GivenOption[] = [];
  const positionals: string[] = [];
  let command = '';
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      positionals.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      const next = subcommand(command, argument);
      if (next !== undefined && positionals.length === 0) command = next;
      else positionals.push(argument);
      continue;
    }
    const option = split(argument);
    const missing = option.value === undefined && WITH_VALUE.has(option.name);
    const following = missing ? args[index + 1] : undefined;
    if (following !== undefined) index += 1;
    options.push(following === undefined ? option : { ...option, value: following });
    // `--image FILE...` goes on to the next option.
    while (option.name === 'image' && missing && args[index + 1]?.startsWith('-') === false) index += 1;
  }
  return { options, positionals, command };
}

/** The command a word stands for after what came before, or undefined for a plain word. */
function subcommand(before: string, word: string): string | undefined {
  if (before === 'exec') return EXEC_COMMANDS.has(word) ? `exec ${word}` : undefined;
  const name = ALIASES[word] ?? word;
  return before === '' && COMMANDS.has(name) ? name : undefined;
}

/** One argument's option and the value written with it. */
function split(argument: string): GivenOption {
  if (argument.startsWith('--')) {
    const equals = argument.indexOf('=');
    if (equals === -1) return { name: argument.slice(2), written: argument };
    const written = argument.slice(0, equals);
    return { name: written.slice(2), value: argument.slice(equals + 1), written };
  }
  const written = argument.slice(0, 2);
  const name = SHORT[argument.slice(1, 2)] ?? argument.slice(1);
  const rest = argument.slice(2).replace(/^=/, '');
  return rest === '' ? { name, written } : { name, value: rest, written };
}

/** A `-c key=value`, the value without TOML quotes. */
function setting(text: string): { readonly key: string; readonly value: string } {
  const equals = text.indexOf('=');
  const key = (equals === -1 ? text : text.slice(0, equals)).trim();
  const value = equals === -1 ? '' : text.slice(equals + 1).trim();
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  return { key, value: quoted?.[2] ?? value };
}

/** Whether a run without a screen has its prompt already; `-` stands for stdin. */
function hasHeadlessPrompt(command: string, positionals: readonly string[]): boolean {
  if (command !== 'exec') return false;
  return positionals.length > 0 && !positionals.includes('-');
}

/** The last value there is; Codex lets options win over settings. */
function last(...kinds: readonly (readonly (string | undefined)[])[]): string | undefined {
  for (const values of kinds) {
    const value = values.findLast((one) => one !== undefined);
    if (value !== undefined) return value;
  }
  return undefined;
}

const STAY = 'a session always uses its own proxy';

/** Options that would take Codex away from the session's proxy, or leave a daemon behind. */
function optionConflict({ name, value, written }: GivenOption): ArgumentConflict[] {
  switch (name) {
    case 'oss':
    case 'local-provider':
      return [
        {
          argument: written,
          reason: `it makes Codex talk to a local model by itself; ${STAY}`,
          remedy:
            'name the local server as an upstream in a preset, and choose its alias with `llmup codex -m`',
        },
      ];
    case 'remote':
    case 'remote-auth-token-env':
      return [
        {
          argument: written,
          reason: 'it makes Codex a screen for an app server outside this session',
          remedy: 'leave it out, or run `codex` itself',
        },
      ];
    case 'enable':
      return value === 'daemon_auto_start' ? [daemonConflict(`${written} ${value}`)] : [];
    default:
      return [];
  }
}

/** Settings given with `-c` that would do the same. */
function settingConflict({ key, value }: { key: string; value: string }): ArgumentConflict[] {
  const root = key.split('.')[0]?.replace(/^["']|["']$/g, '');
  if (root === 'model_provider' || root === 'model_providers' || key === 'openai_base_url')
    return [
      {
        argument: `-c ${key}=…`,
        reason: `it points Codex at another endpoint; ${STAY}`,
        remedy: 'name the endpoint as an upstream in a preset, and choose its alias with `llmup codex -m`',
      },
    ];
  if (key === 'features.daemon_auto_start' && value !== 'false') return [daemonConflict(`-c ${key}`)];
  return [];
}

function daemonConflict(argument: string): ArgumentConflict {
  return {
    argument,
    reason: 'the daemon would outlive the session, with its key and a dead port',
    remedy: 'leave it out',
  };
}
