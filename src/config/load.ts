import { EXIT, UserError } from '../user-error.ts';
import type { Config } from './config.ts';
import { type ConfigDocument, openDocument } from './document.ts';
import { readConfig } from './parse.ts';
import { pathText } from './problem.ts';
import { inlineSecrets } from './secrets.ts';
import { readFault, readTextFile, type TextFile } from './text-file.ts';

/** A config file as it is written, before hydration. */
export interface LoadedConfig {
  /** Absolute path. */
  readonly file: string;
  readonly document: ConfigDocument;
  /** Holds `PRESET_*` placeholders where the file does. */
  readonly config: Config;
}

/**
 * Reads and checks a config file or a preset.
 * @throws {UserError} with exit code 3 when it is missing, malformed, or holds secrets that others could read.
 */
export function loadConfig(file: string): LoadedConfig {
  const { text, mode } = readText(file);
  const document = openDocument(text, file);
  const secrets = inlineSecrets(document.value);
  if (secrets.length > 0 && process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new UserError(
      `${file} holds a secret (${secrets.map(pathText).join(', ')}) and is open to other users of this machine`,
      EXIT.config,
      [`chmod 600 ${file}`, 'or name a variable instead: provider_key_env: NAME'],
    );
  }
  return { file, document, config: readConfig(document, document.value) };
}

function readText(file: string): TextFile {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new UserError(`config ${file}: ${readFault(error)}`, EXIT.config);
  }
}
