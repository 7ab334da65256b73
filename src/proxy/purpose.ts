import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a request is for, where the client says so. Codex puts it into a header of JSON: `request_kind` (`turn`,
 * `compaction`, …) and, for threads of its own, `thread_source` (`thread_title`, …).
 */
export function purposeOf(headers: IncomingHttpHeaders): string | undefined {
  const text = headers['x-codex-turn-metadata'];
  if (typeof text !== 'string') return undefined;
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const word = (key: string): string | undefined => {
    const value: unknown = (metadata as Record<string, unknown>)[key];
    return typeof value === 'string' && /^[\w-]{1,40}$/.test(value) ? value : undefined;
  };
  const source = word('thread_source');
  return source === undefined || source === 'user' ? word('request_kind') : source;
}
