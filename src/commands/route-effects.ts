import type { Surface, Upstream } from '../config/config.ts';
import type { RouteEffect } from '../display/picker/model.ts';
import type { Encoded } from '../protocols/codec.ts';
import { codecFor } from '../protocols/codecs.ts';
import { RequestRefused } from '../protocols/failure.ts';
import type { CompatibilityMode, Loss } from '../protocols/loss.ts';
import { refusedLosses } from '../protocols/policy.ts';

/** A route as far as it decides what a request loses on it. */
export interface EffectsRoute {
  readonly upstream: Upstream;
  readonly surface: Surface;
  readonly mode: CompatibilityMode;
}

/**
 * What a request of a coding agent loses on a route: a typical one is translated for it, as the proxy would, and its
 * ledger told by what users know. Undefined where nothing is translated, or where no translation exists.
 */
export function routeEffects({ upstream, surface, mode }: EffectsRoute): readonly RouteEffect[] | undefined {
  const [client, codec] = [codecFor('responses'), codecFor(upstream.protocols[0])];
  if (!client || !codec || upstream.protocols.includes('responses')) return undefined;
  const request = client.decodeRequest(typicalRequest(surface));
  let encoded: Encoded;
  try {
    encoded = codec.encodeRequest(request.conversation, {
      upstream: upstream.name,
      issuer: upstream.name,
      model: 'model',
      stream: true,
      quirks: upstream.quirks,
      parallelToolCalls: surface.supportsParallelCalls !== false,
    });
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return [{ what: 'requests', kind: 'lost', fate: `refused: ${error.failure.message}` }];
  }
  const losses = [...request.losses, ...encoded.losses];
  const refused = new Set(refusedLosses(mode, losses));
  const find = (holds: (loss: Loss) => boolean) => losses.find(holds);
  return [
    images(surface, find),
    webSearch(surface, find, refused, mode),
    patches(encoded),
    { what: 'namespaced tools', kind: 'emulated', fate: 'flattened, and back' },
    surface.supportsParallelCalls === false
      ? { what: 'parallel calls', kind: 'lost', fate: 'one at a time' }
      : { what: 'parallel calls', kind: 'kept', fate: 'kept' },
    reasoning(find),
    effort(find),
    hints(losses),
  ];
}

type Find = (holds: (loss: Loss) => boolean) => Loss | undefined;

function images({ input, supportsViewImage }: Surface, find: Find): RouteEffect {
  const taken = input?.includes('image') ?? supportsViewImage !== false;
  if (!taken) return { what: 'images', kind: 'lost', fate: 'not taken' };
  const moved = find(({ from }) => from.includes('media in a tool result'));
  return moved
    ? { what: 'images', kind: 'emulated', fate: 'kept, tool images moved' }
    : { what: 'images', kind: 'kept', fate: 'kept' };
}

function webSearch(
  { supportsSearch }: Surface,
  find: Find,
  refused: ReadonlySet<Loss>,
  mode: CompatibilityMode,
): RouteEffect {
  const what = 'web search';
  if (supportsSearch === false) return { what, kind: 'lost', fate: 'off: none there' };
  const loss = find(({ from }) => from === 'web_search');
  if (!loss) return { what, kind: 'kept', fate: 'kept' };
  return refused.has(loss)
    ? { what, kind: 'lost', fate: `refused in mode ${mode}` }
    : { what, kind: 'lost', fate: 'left out: none there' };
}

/** Codex's patches are text under a grammar, which few upstreams know. */
function patches({ body }: Encoded): RouteEffect {
  const tools = Array.isArray(body.tools) ? body.tools : [];
  const native = tools.some((tool: { readonly type?: unknown }) => tool.type === 'custom');
  return native
    ? { what: 'patches', kind: 'kept', fate: 'as they are' }
    : { what: 'patches', kind: 'emulated', fate: 'as a function, and back' };
}

function reasoning(find: Find): RouteEffect {
  const what = 'reasoning';
  const forgotten = find(({ from }) => from === 'reasoning of earlier turns');
  return forgotten
    ? { what, kind: 'lost', fate: 'readable, not sent back' }
    : { what, kind: 'emulated', fate: 'readable, not sealed' };
}

function effort(find: Find): RouteEffect {
  const loss = find(({ topic, path }) => topic === 'reasoning' && path.includes('effort'));
  if (!loss) return { what: 'effort', kind: 'kept', fate: 'kept' };
  const fate = loss.to === '' ? 'left out: none there' : `up to ${loss.to}`;
  return { what: 'effort', kind: 'lost', fate };
}

function hints(losses: readonly Loss[]): RouteEffect {
  const names = losses
    .filter(({ topic, action, path }) => topic === 'hint' && action === 'dropped' && /^[\w.]+$/.test(path))
    .map(({ path }) => path.split('.').at(-1)?.replaceAll('_', ' ') ?? path);
  return names.length === 0
    ? { what: 'hints', kind: 'kept', fate: 'kept' }
    : { what: 'hints', kind: 'emulated', fate: `left out: ${names.join(', ')}` };
}

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

/** What Codex sends in the middle of a task: all kinds of tools, a call of each, reasoning, an image. */
function typicalRequest({ supportsSearch, input }: Surface): unknown {
  const text = (value: string) => ({ type: 'input_text', text: value });
  const message = (role: string, ...content: readonly unknown[]) => ({ type: 'message', role, content });
  const image = { type: 'input_image', image_url: PIXEL };
  const images = input === undefined || input.includes('image');
  const schema = { type: 'object', properties: {} };
  return {
    model: 'model',
    stream: true,
    store: false,
    instructions: 'You are a coding agent.',
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'xhigh', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'session',
    text: { verbosity: 'low' },
    input: [
      message('developer', text('The sandbox is on.')),
      message('user', text('Fix it.'), ...(images ? [image] : [])),
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' },
      { type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** Begin Patch' },
      { type: 'custom_tool_call_output', call_id: 'call_1', output: 'Done.' },
      { type: 'function_call', call_id: 'call_2', name: 'view_image', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_2', output: images ? [image] : 'Done.' },
      message('user', text('Go on.')),
    ],
    tools: [
      { type: 'function', name: 'exec_command', parameters: schema, strict: false },
      { type: 'function', name: 'view_image', parameters: schema, strict: false },
      {
        type: 'custom',
        name: 'apply_patch',
        description: 'Edits files.',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "*"' },
      },
      {
        type: 'namespace',
        name: 'mcp__docs',
        description: 'Documentation.',
        tools: [{ type: 'function', name: 'find', parameters: schema, strict: false }],
      },
      ...(supportsSearch === false ? [] : [{ type: 'web_search', external_web_access: false }]),
    ],
  };
}
