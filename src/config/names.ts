import { nearest } from './nearest.ts';
import type { Path, Problem } from './problem.ts';

/** Tells a checker's caller of a problem. */
export type Report = (path: Path, message: string, more?: Pick<Problem, 'shown' | 'hint'>) => void;

/** Reports names that cannot be typed, or that differ from another in case alone. */
export function checkNames(
  path: Path,
  names: readonly string[],
  report: Report,
  kind: 'upstream' | 'alias',
): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (name.trim() === '') report([...path, name], 'a name must not be blank');
    else if (/[\s\p{Cc}]/u.test(name)) report([...path, name], 'a name must not hold spaces');
    else if (kind === 'upstream' && name.includes(':')) {
      report([...path, name], "an upstream's name must not hold a colon", {
        hint: 'UPSTREAM:MODEL is split at it',
      });
    }
    const same = seen.get(name.toLowerCase());
    if (same !== undefined)
      report([...path, name], `differs from ${same} in case alone`, { hint: 'rename one' });
    else seen.set(name.toLowerCase(), name);
  }
}

/** What to say of a name that does not exist: the nearest one that does, or all of them. */
export function unknownName(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.length === 0) return 'there are none';
  return `there are: ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}`;
}
