import { EFFORTS } from '../protocols/conversation.ts';
import type { CatalogModel } from './codex-catalog.ts';
import type { Modality, ModelLimits, Surface } from './config.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the `llmup` object of a proxy's model list: what a session must know of a model whose config it has not got.
 * Whatever is missing or odd counts as unknown, since that proxy may be of another version.
 */
export function readServedModel(name: string, llmup: unknown): CatalogModel {
  const { limits, surface, efforts } = fields(llmup);
  return {
    name,
    limits: readLimits(fields(limits)),
    surface: readSurface(fields(surface)),
    efforts: EFFORTS.filter((effort) => list(efforts).includes(effort)),
  };
}

function readLimits({ context_window, max_output_tokens }: Fields): ModelLimits {
  return {
    ...(isCount(context_window) && { contextWindow: context_window }),
    ...(isCount(max_output_tokens) && { maxOutputTokens: max_output_tokens }),
  };
}

function readSurface(surface: Fields): Surface {
  const { input } = fields(surface.modalities);
  const tools = fields(surface.tools);
  return {
    ...(Array.isArray(input) && { input: MODALITIES.filter((one) => input.includes(one)) }),
    ...(typeof tools.supports_search === 'boolean' && { supportsSearch: tools.supports_search }),
    ...(typeof tools.supports_view_image === 'boolean' && {
      supportsViewImage: tools.supports_view_image,
    }),
  };
}

const MODALITIES: readonly Modality[] = ['text', 'image', 'audio', 'pdf', 'file', 'video'];

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
