import type { Protocol } from '../protocols/conversation.ts';

/** What a request asks of the proxy. */
export type Operation =
  /** A model's reply. Gemini states model and mode in the path, the others in the body. */
  | {
      readonly kind: 'generate';
      readonly protocol: Protocol;
      readonly model?: string;
      readonly stream?: boolean;
    }
  | { readonly kind: 'count-tokens'; readonly protocol: Protocol; readonly model?: string }
  | { readonly kind: 'models'; readonly protocol: Protocol }
  | { readonly kind: 'model'; readonly protocol: Protocol; readonly id: string }
  /** Something stored at a provider that speaks Responses, by its path below the API root. */
  | { readonly kind: 'resource'; readonly path: string }
  | { readonly kind: 'health' }
  | { readonly kind: 'ready' }
  /** `HEAD` on a prefix: clients look whether anything is there. */
  | { readonly kind: 'prefix' };

export type Match =
  | { readonly found: Operation }
  /** The path exists, for other methods. */
  | { readonly allowed: readonly string[] }
  | undefined;

const PREFIXES = new Set([
  '',
  '/v1',
  '/openai',
  '/openai/v1',
  '/anthropic',
  '/anthropic/v1',
  '/google',
  '/google/v1',
  '/google/v1beta',
]);

/**
 * The parts of a request's target. Servers must take the absolute form too (RFC 9112 §3.2.2); a base URL that ends in
 * a slash makes clients send two in a row, and is not worth an error.
 */
export function requestTarget(url: string): { readonly pathname: string; readonly query: URLSearchParams } {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = target.indexOf('?');
  const pathname = mark < 0 ? target : target.slice(0, mark);
  return {
    pathname: pathname.replace(/\/{2,}/g, '/') || '/',
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
  };
}

/** `pathname` is as sent, still percent-encoded. */
export function matchRoute(method: string, pathname: string): Match {
  const path = pathname.replace(/\/+$/, '');
  if (path === '/health') return only(method, ['GET', 'HEAD'], { kind: 'health' });
  if (path === '/ready') return only(method, ['GET', 'HEAD'], { kind: 'ready' });
  if (PREFIXES.has(path)) return only(method, ['HEAD'], { kind: 'prefix' });
  const google = /^\/google\/v1(?:beta)?\/(.+)$/.exec(path)?.[1];
  if (google !== undefined) return matchGoogle(method, google);
  const anthropic = /^\/anthropic\/v1\/(.+)$/.exec(path)?.[1];
  if (anthropic !== undefined)
    return matchMessages(method, anthropic) ?? matchModels(method, anthropic, 'messages');
  const openai = /^(?:\/openai)?\/v1\/(.+)$/.exec(path)?.[1];
  if (openai === undefined) return undefined;
  const unprefixed = !path.startsWith('/openai');
  return (unprefixed ? matchMessages(method, openai) : undefined) ?? matchOpenai(method, openai);
}

/** Whose error shape a path gets. */
export function shapeOf(pathname: string): Protocol {
  if (/^\/google(\/|$)/.test(pathname)) return 'gemini';
  if (/^\/anthropic(\/|$)|^\/v1\/messages(\/|$)/.test(pathname)) return 'messages';
  return /\/v1\/(responses|conversations)(\/|$)/.test(pathname) ? 'responses' : 'chat';
}

function matchOpenai(method: string, path: string): Match {
  if (path === 'chat/completions') return only(method, ['POST'], { kind: 'generate', protocol: 'chat' });
  if (path === 'responses') return only(method, ['POST'], { kind: 'generate', protocol: 'responses' });
  return matchModels(method, path, 'chat') ?? matchResource(method, path);
}

function matchMessages(method: string, path: string): Match {
  if (path === 'messages') return only(method, ['POST'], { kind: 'generate', protocol: 'messages' });
  if (path === 'messages/count_tokens')
    return only(method, ['POST'], { kind: 'count-tokens', protocol: 'messages' });
  return undefined;
}

function matchModels(method: string, path: string, protocol: Protocol): Match {
  if (path === 'models') return only(method, ['GET', 'HEAD'], { kind: 'models', protocol });
  const id = /^models\/(.+)$/.exec(path)?.[1];
  if (id === undefined) return undefined;
  return only(method, ['GET', 'HEAD'], { kind: 'model', protocol, id: decode(id) });
}

/** The operation follows the last colon: a model's id may hold `/` and `:`. */
function matchGoogle(method: string, path: string): Match {
  const models = matchModels(method, path, 'gemini');
  if (!models || 'found' in models || method !== 'POST') return models;
  const found = /^models\/(.+):(\w+)$/.exec(path);
  if (!found) return models;
  const [, id = '', operation] = found;
  const model = decode(id);
  switch (operation) {
    case 'generateContent':
      return { found: { kind: 'generate', protocol: 'gemini', model, stream: false } };
    case 'streamGenerateContent':
      return { found: { kind: 'generate', protocol: 'gemini', model, stream: true } };
    case 'countTokens':
      return { found: { kind: 'count-tokens', protocol: 'gemini', model } };
    default:
      return undefined;
  }
}

/** https://platform.openai.com/docs/api-reference/responses and …/conversations: what is stored by id. */
const RESOURCES: readonly { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [
  { pattern: /^responses\/(compact|input_tokens)$/, methods: ['POST'] },
  { pattern: /^responses\/[^/]+$/, methods: ['GET', 'DELETE'] },
  { pattern: /^responses\/[^/]+\/input_items$/, methods: ['GET'] },
  { pattern: /^responses\/[^/]+\/cancel$/, methods: ['POST'] },
  { pattern: /^conversations$/, methods: ['POST'] },
  { pattern: /^conversations\/[^/]+$/, methods: ['GET', 'POST', 'DELETE'] },
  { pattern: /^conversations\/[^/]+\/items$/, methods: ['GET', 'POST'] },
  { pattern: /^conversations\/[^/]+\/items\/[^/]+$/, methods: ['GET', 'DELETE'] },
];

function matchResource(method: string, path: string): Match {
  // A segment that some server on the way takes for more than one could leave the API root.
  if (path.split('/').some((segment) => /^\.+$|[/\\]/.test(decode(segment)))) return undefined;
  const resource = RESOURCES.find(({ pattern }) => pattern.test(path));
  return resource && only(method, resource.methods, { kind: 'resource', path });
}

function only(method: string, allowed: readonly string[], found: Operation): Match {
  return allowed.includes(method) ? { found } : { allowed };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
