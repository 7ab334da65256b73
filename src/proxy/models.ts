import type { IncomingHttpHeaders } from 'node:http';
import { codexCatalogEntry } from '../config/codex-catalog.ts';
import type { Config, Route } from '../config/config.ts';
import { resolveName } from '../config/resolve.ts';
import type { Protocol } from '../protocols/conversation.ts';

/** Which shape a request for the model list wants: its route's, unless its headers say it is another client. */
export function modelsShape(route: Protocol, headers: IncomingHttpHeaders): Protocol | 'codex' {
  if (route !== 'chat') return route;
  // On the unprefixed `/v1/models` only the headers tell the SDKs apart.
  if (headers['anthropic-version'] !== undefined) return 'messages';
  return /codex/i.test(`${headers.originator ?? ''} ${headers['user-agent'] ?? ''}`) ? 'codex' : 'chat';
}

/** The list of models: one for each alias. */
export function modelList(config: Config, shape: Protocol | 'codex'): unknown {
  const routes = [...config.aliases.keys()].flatMap((name) => resolveName(config, name) ?? []);
  switch (shape) {
    case 'codex':
      return { models: routes.map((route) => modelEntry(route, 'codex')) };
    case 'chat':
    case 'responses':
      return { object: 'list', data: routes.map((route) => modelEntry(route, shape)) };
    case 'messages':
      return {
        data: routes.map((route) => modelEntry(route, shape)),
        has_more: false,
        first_id: routes.at(0)?.alias ?? null,
        last_id: routes.at(-1)?.alias ?? null,
      };
    case 'gemini':
      return { models: routes.map((route) => modelEntry(route, shape)) };
  }
}

/** One model. `UPSTREAM:MODEL` names answer too, though no list has them. */
export function modelEntry(route: Route, shape: Protocol | 'codex'): Record<string, unknown> {
  const { alias: name, upstream, model, limits, surface } = route;
  const llmup = llmupExtension(route);
  switch (shape) {
    case 'codex':
      return codexCatalogEntry({ name, limits, surface, efforts: upstream.quirks.efforts });
    case 'chat':
    case 'responses':
      return { id: name, object: 'model', created: 0, owned_by: 'llmup', llmup };
    case 'messages':
      return {
        id: name,
        type: 'model',
        display_name: name,
        created_at: '1970-01-01T00:00:00Z',
        ...(limits.contextWindow !== undefined && { max_input_tokens: limits.contextWindow }),
        ...(limits.maxOutputTokens !== undefined && { max_tokens: limits.maxOutputTokens }),
        llmup,
      };
    case 'gemini':
      return {
        name: `models/${name}`,
        baseModelId: name,
        version: 'llmup',
        displayName: name,
        description: `${upstream.name}: ${model}`,
        ...(limits.contextWindow !== undefined && { inputTokenLimit: limits.contextWindow }),
        ...(limits.maxOutputTokens !== undefined && { outputTokenLimit: limits.maxOutputTokens }),
        supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
        llmup,
      };
  }
}

/** What no provider's list tells: where the name leads, and what is known of it, in the config's own keys. */
function llmupExtension({ upstream, model, limits, surface }: Route): Record<string, unknown> {
  const { contextWindow, maxOutputTokens } = limits;
  return {
    upstream_name: upstream.name,
    upstream_model: model,
    limits: {
      ...(contextWindow !== undefined && { context_window: contextWindow }),
      ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    },
    surface: {
      modalities: {
        ...(surface.input && { input: surface.input }),
        ...(surface.output && { output: surface.output }),
      },
      tools: {
        ...(surface.supportsSearch !== undefined && { supports_search: surface.supportsSearch }),
        ...(surface.supportsViewImage !== undefined && { supports_view_image: surface.supportsViewImage }),
        ...(surface.applyPatchTransport && { apply_patch_transport: surface.applyPatchTransport }),
        ...(surface.supportsParallelCalls !== undefined && {
          supports_parallel_calls: surface.supportsParallelCalls,
        }),
      },
    },
    efforts: upstream.quirks.efforts,
  };
}
