/** One line's worth of a document: a value in its place. Made when it is looked at, never for a whole body at once. */
export interface JsonNode {
  /** As losses name places: `input[3].content[0]`; empty at the root. */
  readonly path: string;
  /** Its name in an object; absent in an array and at the root. */
  readonly key?: string;
  readonly value: unknown;
  readonly depth: number;
}

export type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Arrays longer than this are folded at first. */
const LONG_ARRAY = 20;
/** From this depth on everything is folded at first. */
const DEEP = 3;

export function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

export function sizeOf(value: Container): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

export function* childrenOf({ path, value, depth }: JsonNode): Generator<JsonNode> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield { path: `${path}[${index}]`, value: item, depth: depth + 1 };
    }
  } else if (isContainer(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield { path: path === '' ? key : `${path}.${key}`, key, value: item, depth: depth + 1 };
    }
  }
}

/** Whether there is more of it than one line shows. */
export function isFoldable({ value }: JsonNode): boolean {
  if (isContainer(value)) return sizeOf(value) > 0;
  return typeof value === 'string' && isLongText(value);
}

/** Whether it is open until the user says otherwise. */
export function isOpenAtFirst({ value, depth }: JsonNode): boolean {
  if (!isContainer(value)) return false;
  return depth < DEEP && !(Array.isArray(value) && value.length > LONG_ARRAY);
}

/** A text that is worth a fold: of several lines, or longer than a screen is wide. */
function isLongText(text: string): boolean {
  return text.length > 60 || text.includes('\n');
}
