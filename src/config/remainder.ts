import type { Path } from './problem.ts';

/**
 * A config file's data without the parts that the schema refused, so that names, URLs and limits of the rest can be
 * checked in the same run. Undefined when too much would be missing to say anything true about the rest.
 */
export function remainder(value: unknown, refused: readonly Path[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const path of refused) {
    // A list without one of its items is another list: the whole of it goes.
    const listAt = path.findIndex((step) => typeof step === 'number');
    const from = listAt < 0 ? path : path.slice(0, listAt);
    const named = from[0] === 'upstreams' || from[0] === 'model_aliases';
    if (from.length < (named ? 3 : 1) || !removeAt(copy, from)) return undefined;
  }
  return copy;
}

/** Removes what is there; false when nothing is, as where a required key is missing. */
function removeAt(root: unknown, path: Path): boolean {
  let holder: unknown = root;
  for (const step of path.slice(0, -1)) holder = member(holder, step);
  const last = path.at(-1);
  if (last === undefined || member(holder, last) === undefined) return false;
  return Reflect.deleteProperty(holder as object, last);
}

function member(holder: unknown, step: string | number): unknown {
  return holder !== null && typeof holder === 'object' ? Reflect.get(holder, step) : undefined;
}
