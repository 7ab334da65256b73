import { EXIT, UserError } from '../user-error.ts';

let guarded = false;

/** Writes to stdout. A reader that has left (`llmup models | head`) is no fault. */
export function writeOut(text: string): void {
  if (!guarded) {
    guarded = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      throw new UserError(`the output could not be written: ${error.message}`, EXIT.internal);
    });
  }
  process.stdout.write(text);
}
