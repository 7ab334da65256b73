import { getSystemErrorMap } from 'node:util';
import { EXIT, UserError } from './user-error.ts';

/** What to tell the user of a place of llmup's own that cannot be written, in the system's words. */
export function unwritable(path: string, error: unknown): UserError {
  const { errno, message } = error as NodeJS.ErrnoException;
  const reason = (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
  return new UserError(`${path} cannot be written: ${reason}`, EXIT.config, [
    'llmup keeps its files there; LLMUP_HOME names another place for them',
  ]);
}
