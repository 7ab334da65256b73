import {
  arrayAt,
  type JsonObject,
  objectAt,
  oneOf,
  optionalString,
  quoteShort,
  stringAt,
} from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { base64At, checkMediaType, readMediaUrl } from '../bridge/media.ts';
import type { AudioPart, DocumentPart, ImagePart, RefusalPart, TextPart } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { asObject } from './shape.ts';

type ContentPart = TextPart | RefusalPart | ImagePart | DocumentPart | AudioPart;

/**
 * Reads the content of a message: a string, or a list of parts.
 *
 * @throws {RequestRefused} naming the part that is malformed.
 */
export function decodeContent(value: unknown, path: string, ledger: Ledger): readonly ContentPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  return arrayAt(value, path).flatMap((entry, index) => {
    const at = `${path}[${index}]`;
    const part = decodePart(objectAt(entry, at), at, ledger);
    return part ? [part] : [];
  });
}

/**
 * Reads the `output` of a tool call: a string, or a list of parts without a refusal.
 *
 * @throws {RequestRefused} naming the part that is malformed.
 */
export function decodeToolOutput(value: unknown, path: string, ledger: Ledger) {
  if (value === null) return [];
  return decodeContent(value, path, ledger).map((part) => {
    if (part.type === 'refusal') throw invalidRequest(`'${path}' cannot hold a refusal.`, path);
    return part;
  });
}

function decodePart(part: JsonObject, at: string, ledger: Ledger): ContentPart | undefined {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      noteAnnotations(part, at, ledger);
      return { type: 'text', text: stringAt(part.text, `${at}.text`) };
    case 'refusal':
      return { type: 'refusal', text: stringAt(part.refusal, `${at}.refusal`) };
    case 'input_image':
      return decodeImage(part, at);
    case 'input_file':
      return decodeFile(part, at);
    case 'input_audio':
      return decodeAudio(part, at);
    case 'encrypted_content':
      // Codex between its agents; only the provider can read it.
      ledger.once({
        path: at,
        from: 'encrypted content',
        to: '',
        action: 'dropped',
        topic: 'content',
        reason: 'Only the provider that encrypted it can read it.',
      });
      return undefined;
    default:
      throw invalidRequest(
        `Invalid value for '${at}.type': ${quoteShort(stringAt(part.type, `${at}.type`))} is no kind of content.`,
        `${at}.type`,
      );
  }
}

function noteAnnotations(part: JsonObject, at: string, ledger: Ledger): void {
  if (!Array.isArray(part.annotations) || part.annotations.length === 0) return;
  ledger.once({
    path: `${at}.annotations`,
    from: 'annotations',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'Citations of an earlier answer are not sent back.',
  });
}

function decodeImage(part: JsonObject, at: string): ImagePart {
  const detail = DETAILS.find((known) => known === part.detail);
  return { type: 'image', source: imageSource(part, at), ...(detail && { detail }) };
}

const DETAILS = ['auto', 'low', 'high', 'original'] as const;

function imageSource(part: JsonObject, at: string): ImagePart['source'] {
  const path = `${at}.image_url`;
  const fileId = optionalString(part.file_id, `${at}.file_id`);
  // The Chat spelling `{url}` is met in the wild.
  const url = optionalString(asObject(part.image_url)?.url ?? part.image_url, path);
  if (url === undefined) {
    if (fileId !== undefined) return { kind: 'file-id', id: fileId };
    throw invalidRequest(`Missing required parameter: '${path}'.`, path);
  }
  const source = readMediaUrl(url, path);
  if (source.kind === 'base64' && !source.mimeType.startsWith('image/')) {
    throw invalidRequest(`'${path}' is of type ${source.mimeType}, not an image.`, path);
  }
  return source;
}

function decodeFile(part: JsonObject, at: string): DocumentPart {
  const filename = optionalString(part.filename, `${at}.filename`);
  const source = fileSource(part, at);
  checkMediaType(filename, source, `${at}.file_data`);
  return { type: 'document', source, ...(filename !== undefined && { filename }) };
}

function fileSource(part: JsonObject, at: string): DocumentPart['source'] {
  const data = optionalString(part.file_data, `${at}.file_data`);
  if (data !== undefined) return readMediaUrl(data, `${at}.file_data`);
  const url = optionalString(part.file_url, `${at}.file_url`);
  if (url !== undefined) return readMediaUrl(url, `${at}.file_url`);
  const id = optionalString(part.file_id, `${at}.file_id`);
  if (id !== undefined) return { kind: 'file-id', id };
  throw invalidRequest(`Missing required parameter: '${at}.file_data'.`, `${at}.file_data`);
}

function decodeAudio(part: JsonObject, at: string): AudioPart {
  const audio = objectAt(part.input_audio, `${at}.input_audio`);
  const path = `${at}.input_audio`;
  return {
    type: 'audio',
    data: base64At(stringAt(audio.data, `${path}.data`), `${path}.data`),
    format: oneOf(audio.format, ['wav', 'mp3'], `${path}.format`),
  };
}
