import { isAbsolute, join, resolve } from 'node:path';
import { EXIT, UserError } from '../user-error.ts';

/** Where llmup's own files lie. Absolute; nothing is created here. */
export interface Paths {
  /** `config.yaml`, `secrets.env` and `presets/` are in it. */
  readonly config: string;
  readonly configFile: string;
  readonly secretsFile: string;
  readonly presets: string;
  /** Sessions, client homes, logs. */
  readonly state: string;
  /** Installed clients. */
  readonly data: string;
  /** For sockets: short-lived, perhaps too long a path for one. */
  readonly runtime: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The places of llmup's files: `LLMUP_HOME` for all of them, else the XDG base directories.
 *
 * Nothing falls back to the temp directory: sessions must outlive a reboot, and Codex refuses to work fully in a
 * home under it.
 * @throws {UserError} when the environment names no home at all.
 */
export function llmupPaths(env: Environment): Paths {
  const own = env.LLMUP_HOME?.trim();
  if (own) {
    const home = resolve(own);
    return places({
      config: home,
      state: join(home, 'state'),
      data: join(home, 'data'),
      runtime: join(home, 'run'),
    });
  }
  const state = join(baseDirectory(env, 'XDG_STATE_HOME', '.local/state'), 'llmup');
  const runtime = absolute(env.XDG_RUNTIME_DIR);
  return places({
    config: join(baseDirectory(env, 'XDG_CONFIG_HOME', '.config'), 'llmup'),
    state,
    data: join(baseDirectory(env, 'XDG_DATA_HOME', '.local/share'), 'llmup'),
    runtime: runtime ? join(runtime, 'llmup') : join(state, 'run'),
  });
}

/** Fills in the files that lie inside the config directory. */
function places(roots: Pick<Paths, 'config' | 'state' | 'data' | 'runtime'>): Paths {
  return {
    ...roots,
    configFile: join(roots.config, 'config.yaml'),
    secretsFile: join(roots.config, 'secrets.env'),
    presets: join(roots.config, 'presets'),
  };
}

/** One XDG base directory, or its default below `HOME`. */
function baseDirectory(env: Environment, variable: string, fallback: string): string {
  const stated = absolute(env[variable]);
  if (stated) return stated;
  const home = absolute(env.HOME);
  if (home) return join(home, fallback);
  const fault = env.HOME?.trim()
    ? `HOME is no absolute path, and ${variable} not`
    : `neither HOME nor ${variable} is`;
  throw new UserError(`no home directory: ${fault} set`, EXIT.config, [
    'set HOME, or LLMUP_HOME to a directory where llmup may keep its files',
  ]);
}

/** The XDG specification has relative values ignored. */
function absolute(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed && isAbsolute(trimmed) ? trimmed : undefined;
}
