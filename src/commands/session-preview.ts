import { type DetectOptions, peekClient } from '../clients/detect.ts';
import type { PreparedSession } from '../sessions/prepare.ts';
import { print, printJson } from './print.ts';
import type { SessionOptions } from './session-options.ts';

/** Stands for the port, which is free only once it is taken. */
const UNKNOWN_PORT = 'PORT';
const HIDDEN = '[hidden]';

/**
 * `--print-env`: the command line, the changes to the environment and the files of a session, exactly as it would
 * have them, but for the port and for keys. Starts nothing and writes nothing.
 * @returns the exit code
 */
export async function previewSession(
  session: PreparedSession,
  detect: DetectOptions,
  options: SessionOptions,
): Promise<number> {
  const { proxy } = session;
  const url = proxy.kind === 'attached' ? proxy.url : `http://127.0.0.1:${UNKNOWN_PORT}`;
  const found = await peekClient(session.client, detect);
  const plan = session.plan(url);
  const env = session.environment(plan.env);
  const key = proxy.kind === 'none' ? undefined : proxy.key;
  const mask = (value: string) => (key ? value.replaceAll(key, HIDDEN) : value);
  const preview = {
    program: found?.program ?? session.client.name,
    version: found?.version ?? null,
    directory: session.directory,
    workspace: session.workspace,
    args: plan.args.map(mask),
    env: {
      set: Object.fromEntries(
        Object.entries(env)
          .filter(([name, value]) => process.env[name] !== value)
          .map(([name, value]) => [name, mask(value)]),
      ),
      removed: Object.keys(process.env)
        .filter((name) => !(name in env))
        .sort(),
    },
    files: [...(proxy.kind === 'own' ? [proxy.runtimeConfig] : []), ...plan.files].map(
      ({ path, content }) => ({
        path,
        content: mask(content),
      }),
    ),
  };
  if (options.json) printJson(preview);
  else print(asText(preview, found !== undefined, session));
  return 0;
}

interface Preview {
  readonly program: string;
  readonly version: string | null;
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: { readonly set: Readonly<Record<string, string>>; readonly removed: readonly string[] };
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

function asText(preview: Preview, isInstalled: boolean, session: PreparedSession): string {
  const { program, version, directory, args, env, files } = preview;
  const missing = isInstalled ? '' : ' (not installed; --install fetches it)';
  return [
    `# ${session.client.title}${version ? ` ${version}` : ''}${missing}, started in ${directory}`,
    [program, ...inPairs(args)]
      .map((line, index) => (index === 0 ? quoted(line) : `  ${line}`))
      .join(' \\\n'),
    '',
    '# set in its environment',
    ...Object.entries(env.set).map(([name, value]) => `${name}=${quoted(value)}`),
    '',
    '# removed from its environment',
    env.removed.length > 0 ? env.removed.join(' ') : '(nothing)',
    ...files.flatMap(({ path, content }) => ['', `# file ${path}`, content.trimEnd()]),
  ].join('\n');
}

/** An option and its setting on one line. */
function inPairs(args: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const [option = '', value] = [args[index], args[index + 1]];
    const isPair = option === '-c' && value !== undefined;
    lines.push(isPair ? `${option} ${quoted(value)}` : quoted(option));
    if (isPair) index += 1;
  }
  return lines;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
