/** What a text says as JSON; `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Stands for a value that is nested too deeply to be written, as only hostile ones are. It is no JSON. */
export const TOO_DEEP = '(nested too deeply)';

/** An object or a list as JSON, or {@link TOO_DEEP}. */
export function writeJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return TOO_DEEP;
  }
}
