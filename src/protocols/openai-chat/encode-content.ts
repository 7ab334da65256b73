import type { Ledger } from '../bridge/ledger.ts';
import { mediaUrl, textOfBase64 } from '../bridge/media.ts';
import { noteUnreadable, type PlacedPart } from '../bridge/placed-part.ts';
import type { DocumentPart, ImagePart, Part } from '../conversation.ts';
import type { ChatPart } from './wire.ts';

/** What can be said with content parts: everything but calls, results and reasoning, which have places of their own. */
export function encodeParts(parts: readonly PlacedPart[], ledger: Ledger): readonly ChatPart[] {
  return parts.flatMap(({ part, path }) => encodePart(part, path, ledger) ?? []);
}

/** A string where all parts are text, since many providers take nothing else. */
export function plainContent(parts: readonly ChatPart[]): string | readonly ChatPart[] {
  return parts.every((part) => part.type === 'text') ? textOf(parts) : parts;
}

/** The text of content parts, one paragraph each. */
export function textOf(parts: readonly ChatPart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
}

function encodePart(part: Part, path: string, ledger: Ledger): ChatPart | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { type: 'text', text: part.text };
    case 'image':
      return encodeImage(part, path, ledger);
    case 'document':
      return encodeDocument(part, path, ledger);
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'opaque':
      if (part.text) return { type: 'text', text: part.text };
      noteUnreadable(part.kind, path, ledger);
      return undefined;
    case 'tool-call':
    case 'tool-result':
    case 'reasoning':
      return undefined;
  }
}

function encodeImage(part: ImagePart, path: string, ledger: Ledger): ChatPart | undefined {
  if (part.source.kind === 'file-id') return refuseFileId('image', path, ledger);
  if (part.detail === 'original') {
    ledger.once({
      path: `${path}.detail`,
      from: 'original',
      to: 'high',
      action: 'downgraded',
      topic: 'hint',
      reason: 'Chat Completions has no image detail beyond high.',
    });
  }
  const detail = part.detail === 'original' ? 'high' : part.detail;
  return { type: 'image_url', image_url: { url: mediaUrl(part.source), ...(detail && { detail }) } };
}

/** https://platform.openai.com/docs/guides/pdf-files: `file_data` takes bytes only; what is text goes as text. */
function encodeDocument(part: DocumentPart, path: string, ledger: Ledger): ChatPart | undefined {
  const { source, filename } = part;
  if (source.kind === 'file-id') return refuseFileId('file', path, ledger);
  if (source.kind === 'url') {
    ledger.add({
      path,
      from: 'document by URL',
      to: '',
      action: 'refused',
      topic: 'content',
      reason: 'Chat Completions takes documents by their bytes only.',
    });
    return undefined;
  }
  if (isTextType(source.mimeType)) {
    ledger.once({
      path,
      from: 'text document',
      to: 'text',
      action: 'emulated',
      topic: 'content',
      reason: 'Chat Completions takes PDF files only; a text document is sent as text.',
    });
    const head = filename === undefined ? '' : `[${filename}]\n`;
    return { type: 'text', text: head + textOfBase64(source.data) };
  }
  return { type: 'file', file: { filename: filename ?? 'document.pdf', file_data: mediaUrl(source) } };
}

function isTextType(mimeType: string): boolean {
  return mimeType.startsWith('text/') || /^application\/(json|xml|yaml|x-yaml|javascript)$/.test(mimeType);
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
