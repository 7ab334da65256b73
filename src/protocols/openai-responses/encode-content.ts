import { isObject } from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { mediaUrl } from '../bridge/media.ts';
import { noteUnreadable, type PlacedPart } from '../bridge/placed-part.ts';
import type { DocumentPart, ImagePart, Part } from '../conversation.ts';
import type { InputItem, InputPart } from './wire.ts';

/** Whatever anyone but the assistant can say; calls, results and reasoning are items of their own. */
export function encodeParts(parts: readonly PlacedPart[], ledger: Ledger): readonly InputPart[] {
  return parts.flatMap(({ part, path }) => encodePart(part, path, ledger) ?? []);
}

function encodePart(part: Part, path: string, ledger: Ledger): InputPart | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { type: 'input_text', text: part.text };
    case 'image':
      return encodeImage(part, path, ledger);
    case 'document':
      return encodeDocument(part, path, ledger);
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'opaque':
      if (part.text) return { type: 'input_text', text: part.text };
      noteUnreadable(part.kind, path, ledger);
      return undefined;
    case 'tool-call':
    case 'tool-result':
    case 'reasoning':
      return undefined;
  }
}

/** An item of this protocol that no other could read, as it came. */
export function verbatimItem(part: Part): InputItem | undefined {
  if (part.type !== 'opaque' || part.protocol !== 'responses' || !isObject(part.json)) return undefined;
  // It was read as an item before; that it has a type is all that matters here.
  return typeof part.json.type === 'string' ? (part.json as unknown as InputItem) : undefined;
}

function encodeImage({ source, detail = 'auto' }: ImagePart, path: string, ledger: Ledger) {
  if (source.kind === 'file-id') return refuseFileId('image', path, ledger);
  return { type: 'input_image', image_url: mediaUrl(source), detail } as const;
}

function encodeDocument({ source, filename }: DocumentPart, path: string, ledger: Ledger) {
  if (source.kind === 'file-id') return refuseFileId('file', path, ledger);
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url } as const;
  // The API wants a name with bytes, and judges them by it.
  const name = filename ?? `document.${extensionOf(source.mimeType)}`;
  return { type: 'input_file', filename: name, file_data: mediaUrl(source) } as const;
}

function extensionOf(mimeType: string): string {
  const subtype = mimeType.slice(mimeType.indexOf('/') + 1);
  return subtype === 'plain' || !/^[a-z]+$/.test(subtype) ? 'txt' : subtype;
}

function refuseFileId(what: string, path: string, ledger: Ledger): undefined {
  ledger.add({
    path,
    from: `${what} by file id`,
    to: '',
    action: 'refused',
    topic: 'content',
    reason: 'A file id is known only to the provider that gave it out; send the bytes or a URL.',
  });
  return undefined;
}
