import type { Protocol } from '../protocols/conversation.ts';
import { hasUserinfo } from './secrets.ts';

/** `PRESET_*` names stand for values that hydration fills in. */
export function isPlaceholder(text: string): boolean {
  return /^PRESET_[A-Z0-9_]+$/.test(text);
}

export type ApiRoot = { readonly url: string } | { readonly problem: string; readonly hint?: string };

/**
 * The API root as written by people, in the one form that paths are appended to: no trailing slash, no endpoint
 * (`/chat/completions`, `/responses`, `/messages`) pasted along, and for Anthropic the version segment that its own
 * `ANTHROPIC_BASE_URL` leaves out.
 */
export function normaliseApiRoot(written: string, protocols: readonly Protocol[]): ApiRoot {
  const text = written.trim();
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const scheme = /^(localhost|127\.|\d+(\.\d+){3}\b)/i.test(text) ? 'http' : 'https';
    return {
      problem: 'must be a whole URL',
      hint: `such as ${hostLike(text) ? `${scheme}://${text}` : 'https://api.example.com/v1'}`,
    };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.hostname === '')
    return { problem: 'is not a URL', hint: 'such as https://api.example.com/v1' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { problem: `must begin with http:// or https://, not ${url.protocol}//` };
  }
  if (hasUserinfo(text)) {
    return { problem: 'must not hold a user name or password', hint: 'name the key by provider_key_env' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { problem: 'must not hold a query or a fragment', hint: 'leave out what follows ? or #' };
  }
  const path = withoutEndpoint(url.pathname.replace(/\/+$/, ''));
  const anthropicOnly = protocols.every((protocol) => protocol === 'messages');
  const versioned = /\/v\d+[a-z0-9]*$/i.test(path);
  return { url: `${url.origin}${path}${anthropicOnly && !versioned ? '/v1' : ''}` };
}

/** People paste the URL that a provider's example posts to. */
function withoutEndpoint(path: string): string {
  return path
    .replace(/\/(chat\/completions|responses|messages|models\/[^/]+:(?:streamG|g)enerateContent)$/i, '')
    .replace(/\/+$/, '');
}

function hostLike(text: string): boolean {
  return /^[a-z0-9.-]+(:\d+)?(\/[\w./-]*)?$/i.test(text) && /[.:]/.test(text);
}
