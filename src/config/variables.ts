import { EXIT, UserError } from '../user-error.ts';
import { parseDotenv } from './dotenv.ts';
import { errorCode, readFault, readTextFile } from './text-file.ts';

/** Looks a variable up; a `Map` is one too. */
export interface Values {
  get(name: string): string | undefined;
}

/** The values that `PRESET_*` placeholders and key names stand for, from all places. A blank value counts as none. */
export interface Variables extends Values {
  /** Names that a file or the picker gave: none of them belongs into a client's environment. */
  readonly given: ReadonlySet<string>;
}

export interface VariableSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--env-file`; must exist. */
  readonly envFile?: string | undefined;
  /** `secrets.env`; need not exist, must be private. */
  readonly secretsFile: string;
  /** Entered in the picker, or given by another caller inside llmup; kept in memory only. */
  readonly entered?: Readonly<Record<string, string>> | undefined;
}

/**
 * Gathers the variables: process environment, then `--env-file`, then `secrets.env`, then what was entered.
 * @throws {UserError} when a file is unreadable or malformed, or `secrets.env` is open to others.
 */
export function readVariables({ env, envFile, secretsFile, entered = {} }: VariableSources): Variables {
  const files = [
    ...(envFile === undefined ? [] : [parseDotenv(readEnvFile(envFile), envFile)]),
    parseDotenv(readSecretsFile(secretsFile), secretsFile),
    new Map(Object.entries(entered)),
  ];
  const sources: readonly Values[] = [
    { get: (name) => (Object.hasOwn(env, name) ? env[name] : undefined) },
    ...files,
  ];
  return {
    given: new Set(files.flatMap((file) => [...file.keys()])),
    get(name) {
      for (const source of sources) {
        const value = source.get(name)?.trim();
        if (value) return value;
      }
      return undefined;
    },
  };
}

function readEnvFile(file: string): string {
  try {
    return readTextFile(file).text;
  } catch (error) {
    throw new UserError(`--env-file ${file}: ${readFault(error)}`, EXIT.config);
  }
}

/** The user's own secrets; a file that others could read is refused rather than trusted. */
function readSecretsFile(file: string): string {
  try {
    const { text, mode } = readTextFile(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new UserError(`${file} is open to other users of this machine`, EXIT.config, [
        `chmod 600 ${file}`,
      ]);
    }
    return text;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return '';
    throw new UserError(`${file}: ${readFault(error)}`, EXIT.config);
  }
}
