import { isObject, type JsonObject, objectAt, oneOf, optionalString, stringAt } from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { base64At, checkMediaType, readMediaUrl } from '../bridge/media.ts';
import type {
  DocumentPart,
  ImagePart,
  MediaSource,
  OpaquePart,
  Part,
  RefusalPart,
  TextPart,
} from '../conversation.ts';
import { invalidRequest } from '../failure.ts';

/** What the content of a message can hold. */
export type ContentPart = Exclude<Part, { type: 'tool-call' | 'tool-result' | 'reasoning' }>;

/**
 * The parts of a message's `content`: a string, a list of parts, or nothing.
 *
 * @throws {RequestRefused} naming the part that is malformed.
 */
export function decodeContent(content: unknown, path: string, ledger: Ledger): readonly ContentPart[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) {
    throw invalidRequest(`Invalid type for '${path}': expected a string or an array of parts.`, path);
  }
  return content.map((part, at) => decodePart(part, `${path}[${at}]`, ledger));
}

function decodePart(value: unknown, path: string, ledger: Ledger): ContentPart {
  if (typeof value === 'string') return { type: 'text', text: value };
  const part = objectAt(value, path);
  noteCacheMark(part, path, ledger);
  const type = stringAt(part.type, `${path}.type`);
  switch (type) {
    case 'text':
      return decodeText(part, path);
    case 'refusal':
      return { type: 'refusal', text: stringAt(part.refusal, `${path}.refusal`) } satisfies RefusalPart;
    case 'image_url':
      return decodeImage(part.image_url, `${path}.image_url`);
    case 'input_audio': {
      const audio = objectAt(part.input_audio, `${path}.input_audio`);
      const data = stringAt(audio.data, `${path}.input_audio.data`);
      return {
        type: 'audio',
        data: base64At(data, `${path}.input_audio.data`),
        format: oneOf(audio.format, ['wav', 'mp3'], `${path}.input_audio.format`),
      };
    }
    case 'file':
      return decodeFile(objectAt(part.file, `${path}.file`), `${path}.file`);
    default:
      return foreignPart(part, type, path, ledger);
  }
}

function decodeText(part: JsonObject, path: string): TextPart {
  return { type: 'text', text: stringAt(part.text, `${path}.text`) };
}

/** OpenAI wants `{url, detail}`; some clients write the URL alone. */
function decodeImage(value: unknown, path: string): ImagePart {
  const image = typeof value === 'string' ? { url: value, detail: undefined } : objectAt(value, path);
  const source = readMediaUrl(stringAt(image.url, `${path}.url`), `${path}.url`);
  if (source.kind === 'base64' && !/^image\//.test(source.mimeType)) {
    throw invalidRequest(`Invalid '${path}.url': ${source.mimeType} is not an image.`, `${path}.url`);
  }
  if (image.detail === undefined || image.detail === null) return { type: 'image', source };
  return {
    type: 'image',
    source,
    detail: oneOf(image.detail, ['auto', 'low', 'high', 'original'], `${path}.detail`),
  };
}

function decodeFile(file: JsonObject, path: string): DocumentPart {
  const filename = optionalString(file.filename, `${path}.filename`);
  const source = fileSource(file, filename, path);
  checkMediaType(filename, source, `${path}.file_data`);
  return { type: 'document', source, ...(filename !== undefined && { filename }) };
}

/** `file_data` is a data URL; bare base64 is met too, with the type told by the file's name only. */
function fileSource(file: JsonObject, filename: string | undefined, path: string): MediaSource {
  const id = optionalString(file.file_id, `${path}.file_id`);
  const data = optionalString(file.file_data, `${path}.file_data`);
  if (data === undefined) {
    if (id !== undefined) return { kind: 'file-id', id };
    throw invalidRequest(`Missing required parameter: '${path}.file_data'.`, `${path}.file_data`);
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(data)) return readMediaUrl(data, `${path}.file_data`);
  const mimeType = filename?.toLowerCase().endsWith('.pdf') ? 'application/pdf' : 'application/octet-stream';
  return { kind: 'base64', mimeType, data: base64At(data, `${path}.file_data`) };
}

/** A part that only some Chat providers know (`video_url`): visible meaning, so it is not let go silently. */
function foreignPart(part: JsonObject, type: string, path: string, ledger: Ledger): OpaquePart {
  ledger.add({
    path,
    from: type,
    to: '',
    action: 'refused',
    topic: 'content',
    reason: 'Only some Chat Completions providers know this kind of content.',
  });
  return { type: 'opaque', protocol: 'chat', kind: type, json: part };
}

/** Cache marks inside content: OpenAI's `prompt_cache_breakpoint`, and Anthropic's as OpenRouter clients send it. */
function noteCacheMark(part: JsonObject, path: string, ledger: Ledger): void {
  for (const mark of ['prompt_cache_breakpoint', 'cache_control']) {
    if (!isObject(part[mark])) continue;
    ledger.once({
      path: `${path}.${mark}`,
      from: mark,
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Cache marks do not travel between protocols.',
    });
  }
}
