import { type Member, type MemberEdits, splicedPieces, spliceMembers } from './splice.ts';

/** The JSON body of an upstream request, which healing may change between tries. */
export interface OutgoingBody {
  /**
   * In order, nearly always one. Made anew each time, which is nearly always once: a reply that takes minutes must not
   * keep them in memory.
   */
  pieces(): readonly (Buffer | string)[];
  object(): Readonly<Record<string, unknown>>;
  /** Takes over what differs, top-level member by member. */
  replace(next: Readonly<Record<string, unknown>>): void;
}

/** A body we made. */
export class BuiltBody implements OutgoingBody {
  #object: Readonly<Record<string, unknown>>;

  constructor(object: Readonly<Record<string, unknown>>) {
    this.#object = object;
  }

  pieces(): readonly string[] {
    return [JSON.stringify(this.#object)];
  }

  object(): Readonly<Record<string, unknown>> {
    return this.#object;
  }

  replace(next: Readonly<Record<string, unknown>>): void {
    this.#object = next;
  }
}

/** A body the client made, of which single members are edited in place; parsed only when somebody must look inside. */
export class SplicedBody implements OutgoingBody {
  readonly #original: Buffer;
  readonly #members: readonly Member[];
  readonly #edits: Map<string, string | undefined>;
  #object: Readonly<Record<string, unknown>> | undefined;

  constructor(original: Buffer, members: readonly Member[], edits: MemberEdits) {
    this.#original = original;
    this.#members = members;
    this.#edits = new Map(edits);
  }

  pieces(): readonly Buffer[] {
    return splicedPieces(this.#original, this.#members, this.#edits);
  }

  object(): Readonly<Record<string, unknown>> {
    if (!this.#object) {
      const bytes = spliceMembers(this.#original, this.#members, this.#edits);
      this.#object = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    }
    return this.#object;
  }

  replace(next: Readonly<Record<string, unknown>>): void {
    const now = this.object();
    for (const key of changedKeys(now, next)) {
      this.#edits.set(key, Object.hasOwn(next, key) ? JSON.stringify(next[key]) : undefined);
    }
    this.#object = next;
  }
}

/** Top-level members that two bodies do not share, by identity: whoever changes a body copies what it changes. */
function changedKeys(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter(
    (key) => before[key] !== after[key] || Object.hasOwn(before, key) !== Object.hasOwn(after, key),
  );
}
