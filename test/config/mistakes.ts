import { parseConfig } from '../../src/config/parse.ts';
import { UserError } from '../../src/user-error.ts';

/** The error that `run` throws, which must be one for the user. */
export function userError(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

/** The lines of mistakes that a config is refused with, each as `line:column  text`. */
export function mistakes(text: string): readonly string[] {
  const error = userError(() => parseConfig(text, 'my.yaml'));
  if (error.exitCode !== 3) throw new Error(`exit code ${error.exitCode}`);
  return error.message
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^ {2}my\.yaml:/, ''));
}

/** A config of one upstream, `MAIN`, with more keys of it. */
export function upstream(keys: string, rest = ''): string {
  return `upstreams:\n  MAIN:\n    api_root: https://api.example.com/v1\n    auth: none\n${keys
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n${rest}`;
}
