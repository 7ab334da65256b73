/** Edits elements of a JSON array in its own text, so that all the others stay exactly as the client wrote them. */

interface Element {
  readonly start: number;
  readonly end: number;
}

/**
 * The array with its edited elements: JSON text to put in an element's place, `undefined` to take it out.
 * @param array the text of a JSON array
 */
export function spliceElements(array: string, edits: ReadonlyMap<number, string | undefined>): string {
  const texts = elementsOf(array).flatMap(({ start, end }, at) => {
    if (!edits.has(at)) return [array.slice(start, end)];
    const edited = edits.get(at);
    return edited === undefined ? [] : [edited];
  });
  return `[${texts.join(',')}]`;
}

/** Where the elements of an array stand, white space around them included. */
function elementsOf(array: string): readonly Element[] {
  const elements: Element[] = [];
  let start = array.indexOf('[') + 1;
  let depth = 0;
  for (let at = start; at < array.length; at++) {
    switch (array[at]) {
      case '"':
        at = endOfString(array, at);
        break;
      case '{':
      case '[':
        depth++;
        break;
      case ',':
        if (depth > 0) break;
        elements.push({ start, end: at });
        start = at + 1;
        break;
      case '}':
      case ']':
        if (depth-- > 0) break;
        if (elements.length > 0 || array.slice(start, at).trim() !== '') elements.push({ start, end: at });
        return elements;
    }
  }
  return elements;
}

/** The closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote;
  }
}
