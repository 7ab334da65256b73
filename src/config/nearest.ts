/** The number of single-character edits (swaps of neighbours included) between two texts. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** How far a name is from what was written; one that contains the other is close whatever its length. */
function unlikeness(written: string, name: string): number {
  const [a, b] = [written.toLowerCase(), name.toLowerCase()];
  const edits = distance(a, b);
  const contained = Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a));
  return contained ? Math.min(edits, 1 + Math.abs(a.length - b.length) / 100) : edits;
}

/** Names sorted by likeness to what was written, the likest first. */
export function byLikeness(written: string, names: Iterable<string>): readonly string[] {
  return [...names]
    .map((name) => ({ name, unlike: unlikeness(written, name) }))
    .sort((a, b) => a.unlike - b.unlike)
    .map(({ name }) => name);
}

/** The one name that was probably meant, or none: a far-off guess misleads more than it helps. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  const [best] = byLikeness(written, names);
  if (best === undefined) return undefined;
  const most = Math.max(2, Math.floor(Math.max(written.length, best.length) / 3));
  return unlikeness(written, best) <= Math.min(most, best.length - 1) ? best : undefined;
}
