import type { Protocol, Seal } from '../conversation.ts';

/** Marks a seal of ours inside a client's opaque field; what follows is base64url of {@link Envelope}. */
const TAG = 'llmup1.';

/** Short names, since a seal is resent with every turn. */
interface Envelope {
  readonly v: 1;
  readonly i: string;
  readonly p: Protocol;
  readonly k: Seal['kind'];
  readonly d: string;
}

const PROTOCOLS: readonly string[] = ['chat', 'responses', 'messages', 'gemini'] satisfies Protocol[];
const KINDS: readonly string[] = [
  'encrypted',
  'signature',
  'redacted',
  'thought',
  'details',
] satisfies Seal['kind'][];

/**
 * Puts a seal into one opaque string that a foreign client carries and repeats (`encrypted_content`,
 * `signature`, `thoughtSignature`), with its origin, so that it can be given back to its issuer only.
 */
export function packSeal(seal: Seal): string {
  const envelope: Envelope = { v: 1, i: seal.issuer, p: seal.protocol, k: seal.kind, d: seal.data };
  return TAG + Buffer.from(JSON.stringify(envelope), 'utf8').toString('base64url');
}

/** Whether a client's opaque field holds a seal that was packed here. */
export function isPackedSeal(text: string): boolean {
  return text.startsWith(TAG);
}

/** Reads a seal back, byte for byte. `undefined` for anything that {@link packSeal} did not write. */
export function unpackSeal(text: string): Seal | undefined {
  if (!isPackedSeal(text)) return undefined;
  const packed = text.slice(TAG.length);
  const bytes = Buffer.from(packed, 'base64url');
  // Buffer skips what is not base64url; a text that was changed on its way must not pass for a seal.
  if (bytes.toString('base64url') !== packed) return undefined;
  try {
    const envelope: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isEnvelope(envelope)) return undefined;
    return { issuer: envelope.i, protocol: envelope.p, kind: envelope.k, data: envelope.d };
  } catch {
    return undefined;
  }
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { v, i, p, k, d } = value as Record<string, unknown>;
  return (
    v === 1 &&
    typeof i === 'string' &&
    typeof d === 'string' &&
    typeof p === 'string' &&
    PROTOCOLS.includes(p) &&
    typeof k === 'string' &&
    KINDS.includes(k)
  );
}
