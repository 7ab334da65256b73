import type { Citation } from '../reply.ts';
import { isObject, type JsonObject } from './fields.ts';
import { TOO_DEEP, writeJson } from './json.ts';

/**
 * The annotations of one text as they arrive, in the forms of both OpenAI protocols: Responses has the fields of a
 * `url_citation` in the annotation itself, Chat one level deeper. Streams repeat them; each is given out once.
 */
export class Annotations {
  readonly #seen = new Set<string>();
  readonly #urls = new Set<string>();
  /** Of kinds that no other protocol has a form for. */
  readonly #foreign = new Map<string, unknown>();

  /** The citations in a list that were not given out before. */
  take(list: unknown): readonly Citation[] {
    if (!Array.isArray(list)) return [];
    return list.flatMap((annotation: unknown): readonly Citation[] => {
      if (!isObject(annotation)) return [];
      const citation = readCitation(annotation);
      if (citation) return this.#isNew(citation) ? [citation] : [];
      if (typeof annotation.type === 'string') this.#foreign.set(annotation.type, annotation);
      return [];
    });
  }

  /** The pages of a list of sources (their URLs, or objects of URL and title) that no citation named. */
  sources(list: readonly unknown[]): readonly Citation[] {
    return list.flatMap((entry): readonly Citation[] => {
      const { url, title } = isObject(entry) ? entry : { url: entry, title: undefined };
      if (typeof url !== 'string' || url === '' || this.#urls.has(url)) return [];
      this.#urls.add(url);
      return [{ url, ...(typeof title === 'string' && title !== '' && { title }) }];
    });
  }

  /** Those that cannot be carried, one of each kind. */
  get foreign(): Iterable<readonly [string, unknown]> {
    return this.#foreign;
  }

  #isNew(citation: Citation): boolean {
    const key = writeJson(citation);
    if (key === TOO_DEEP || this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#urls.add(citation.url);
    return true;
  }
}

function readCitation(annotation: JsonObject): Citation | undefined {
  if (annotation.type !== 'url_citation') return undefined;
  const fields = isObject(annotation.url_citation) ? annotation.url_citation : annotation;
  const { url, title, start_index: start, end_index: end } = fields;
  if (typeof url !== 'string' || url === '') return undefined;
  return {
    url,
    ...(typeof title === 'string' && title !== '' && { title }),
    ...(isIndex(start) && isIndex(end) && end >= start && { span: { start, end } }),
  };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A citation whose part begins at `offset` of a longer text; without a place in that text when it begins before it. */
export function moved(citation: Citation, offset: number): Citation {
  const { span, ...rest } = citation;
  if (!span || offset === 0) return citation;
  const start = span.start + offset;
  return start < 0 ? rest : { ...rest, span: { start, end: span.end + offset } };
}

/** Fields of a `url_citation`, all of which clients insist on: one without a place is about nothing in particular. */
export function citationFields({ url, title, span }: Citation) {
  return { start_index: span?.start ?? 0, end_index: span?.end ?? 0, title: title ?? url, url };
}

const SURROGATES = /[\ud800-\udfff]/;

/** Length of a text in the unit in which providers count the places of citations: code points. */
export function charactersIn(text: string): number {
  if (!SURROGATES.test(text)) return text.length;
  let count = 0;
  for (const _character of text) count++;
  return count;
}
