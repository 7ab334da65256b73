import { Annotations, moved } from '../bridge/citations.ts';
import type { JsonObject } from '../bridge/fields.ts';
import type { Citation } from '../reply.ts';

/** The citations of a reply until it is known to which of its parts they belong. */
export class CitedSources {
  readonly #annotations = new Annotations();
  /** Their places are those in the whole content. */
  #waiting: Citation[] = [];
  /** What the search found, where the provider does not say what it is cited for. */
  #found: readonly unknown[] = [];

  /** https://platform.openai.com/docs/api-reference/chat/object: `annotations`, in a stream beside or after their text. */
  take(annotations: unknown): void {
    this.#waiting.push(...this.#annotations.take(annotations));
  }

  /** Perplexity's list stands in every chunk, xAI's in the last one. */
  find({ citations, search_results: results }: JsonObject): void {
    const list = Array.isArray(results) && results.length > 0 ? results : citations;
    if (Array.isArray(list)) this.#found = list;
  }

  /** Everything was read: what was found belongs to the last part. */
  end(): void {
    this.#waiting.push(...this.#annotations.sources(this.#found));
  }

  /** Those that wait, for a part before which the content has so many characters. */
  placed(before: number): readonly Citation[] {
    return this.#waiting.splice(0).map((citation) => moved(citation, -before));
  }

  /** By kind what cannot be carried: annotations of other kinds, and citations of a text that is ended. */
  get unshown(): readonly (readonly [string, unknown])[] {
    const kinds = new Map(this.#annotations.foreign);
    const [late] = this.#waiting;
    if (late) kinds.set('url_citation', late);
    return [...kinds].map(([type, json]) => [`${type} annotation`, json]);
  }
}
