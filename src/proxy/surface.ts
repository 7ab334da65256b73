import type { Modality, Surface } from '../config/config.ts';
import type { Conversation, Part } from '../protocols/conversation.ts';
import { invalidRequest, type RequestRefused } from '../protocols/failure.ts';

/** Whether a conversation may hold something that this surface keeps out, so that it must be looked through. */
export function isGated(surface: Surface): boolean {
  const { input } = surface;
  return input !== undefined && !MEDIA.every((modality) => input.includes(modality));
}

/** The refusal of media that the alias does not take, if the conversation holds any. */
export function refusedMedia(
  conversation: Conversation,
  surface: Surface,
  alias: string,
): RequestRefused | undefined {
  const { input } = surface;
  if (!input) return undefined;
  // `file` is the wider word: whoever takes files takes PDFs.
  const taken = new Set<Modality>([...input, ...(input.includes('file') ? (['pdf'] as const) : [])]);
  const sent = conversation.turns.flatMap((turn) => turn.parts.flatMap(modalitiesOf));
  const refused = [...new Set(sent.filter((modality) => !taken.has(modality)))];
  if (refused.length === 0) return undefined;
  const what = refused.join(' and ');
  return invalidRequest(`model "${alias}" does not take ${what} input (surface: ${input.join(', ')})`);
}

const MEDIA: readonly Modality[] = ['image', 'audio', 'file'];

function modalitiesOf(part: Part): readonly Modality[] {
  switch (part.type) {
    case 'image':
      return ['image'];
    case 'audio':
      return ['audio'];
    case 'document': {
      const { source } = part;
      const isPdf =
        source.kind === 'base64' ? source.mimeType === 'application/pdf' : isPdfName(part.filename);
      // Text in a file is text to a model.
      if (source.kind === 'base64' && source.mimeType.startsWith('text/')) return [];
      return [isPdf ? 'pdf' : 'file'];
    }
    case 'tool-result':
      return part.content.flatMap(modalitiesOf);
    default:
      return [];
  }
}

function isPdfName(filename: string | undefined): boolean {
  return filename?.toLowerCase().endsWith('.pdf') ?? false;
}
