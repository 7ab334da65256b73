import type { MediaSource } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';

/**
 * Reads a medium's URL: bytes out of a data URL, or an http(s) URL as it stands. Other schemes (`file:`, `gs:`)
 * would make an upstream read what the client cannot name here.
 *
 * @throws {RequestRefused} naming the path.
 */
export function readMediaUrl(url: string, path: string): MediaSource {
  if (/^https?:\/\/[^\s/?#]/i.test(url)) return { kind: 'url', url };
  const comma = url.indexOf(',');
  if (!/^data:/i.test(url) || comma < 0)
    throw invalidRequest(`Invalid '${path}': expected an http(s) URL or a data URL.`, path);
  const head = url.slice(5, comma);
  const mimeType = (head.split(';', 1)[0] ?? '').trim().toLowerCase() || 'text/plain';
  const body = url.slice(comma + 1);
  const data = /;\s*base64\s*$/i.test(head) ? body : percentToBase64(body, path);
  return { kind: 'base64', mimeType, data: base64At(data, path) };
}

/** The URL that carries a medium. */
export function mediaUrl(source: Exclude<MediaSource, { kind: 'file-id' }>): string {
  return source.kind === 'url' ? source.url : `data:${source.mimeType};base64,${source.data}`;
}

/** Base64 without line breaks and with its padding, or a 400 that names the path. */
export function base64At(text: string, path: string): string {
  const data = (/\s/.test(text) ? text.replace(/\s+/g, '') : text).replace(/=+$/, '');
  if (data === '' || !/^[A-Za-z0-9+/]*$/.test(data) || data.length % 4 === 1) {
    throw invalidRequest(`Invalid '${path}': expected base64-encoded data.`, path);
  }
  return data.padEnd(Math.ceil(data.length / 4) * 4, '=');
}

/** The text of a text document, decoded. */
export function textOfBase64(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}

function percentToBase64(body: string, path: string): string {
  try {
    return Buffer.from(decodeURIComponent(body), 'utf8').toString('base64');
  } catch {
    throw invalidRequest(`Invalid '${path}': the data URL cannot be decoded.`, path);
  }
}

/** What a file's extension promises, as far as it can contradict a stated type. */
const PROMISED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    pdf: 'application/pdf',
    png: 'image/',
    jpg: 'image/',
    jpeg: 'image/',
    gif: 'image/',
    webp: 'image/',
    mp3: 'audio/',
    wav: 'audio/',
    mp4: 'video/',
  }),
);

/**
 * Refuses a file whose name and stated type contradict each other: whichever were believed, the model could be shown
 * something else than the user meant.
 *
 * @throws {RequestRefused} naming the path.
 */
export function checkMediaType(filename: string | undefined, source: MediaSource, path: string): void {
  if (filename === undefined || source.kind !== 'base64') return;
  const promised = PROMISED.get(filename.slice(filename.lastIndexOf('.') + 1).toLowerCase());
  const { mimeType } = source;
  if (!promised || mimeType === 'application/octet-stream' || mimeType.startsWith(promised)) return;
  throw invalidRequest(`Invalid '${path}': its type ${mimeType} contradicts its file name.`, path);
}
