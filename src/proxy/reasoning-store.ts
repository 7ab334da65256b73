import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { ReasoningVault, VaultKey } from '../protocols/bridge/vault.ts';
import type { ReasoningPart } from '../protocols/conversation.ts';
import type { ReplyEvent } from '../protocols/reply.ts';

/** Bytes of reasoning kept, oldest let go first. */
const MAX_BYTES = 64 * 1024 * 1024;

interface OpenReasoning {
  summary: string[];
  text: string;
  seal?: NonNullable<ReasoningPart['seal']>;
}

/**
 * Whole reasoning blocks of earlier replies, for clients whose protocol drops opaque fields. Keyed by caller,
 * issuer and the call they led to, so that nobody is given another's, and no provider another provider's.
 */
export class ReasoningStore {
  /** In order of age. */
  readonly #kept = new Map<string, { readonly parts: readonly ReasoningPart[]; readonly bytes: number }>();
  readonly #file: string | undefined;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param file outlives a restart, so that a resumed session keeps its reasoning; made private to the user. */
  constructor(file: string | undefined) {
    this.#file = file;
    if (file !== undefined) this.#load(file);
  }

  /** What one caller may take out towards one issuer. */
  vault(caller: string, issuer: string): ReasoningVault {
    return { find: (call) => this.#kept.get(keyOf(caller, issuer, call))?.parts ?? [] };
  }

  /** Watches one reply and keeps the sealed reasoning that stands before each of its calls. */
  collector(caller: string, issuer: string): (event: ReplyEvent) => void {
    const open = new Map<number, OpenReasoning>();
    const calls = new Map<number, { id: string; name: string; arguments: string }>();
    const before: ReasoningPart[] = [];
    return (event) => {
      switch (event.type) {
        case 'part-start':
          if (event.part === 'reasoning') open.set(event.index, { summary: [], text: '' });
          break;
        case 'reasoning': {
          const part = open.get(event.index);
          if (!part) break;
          if (event.form === 'raw') part.text += event.text;
          else if (event.form === 'summary-break' || part.summary.length === 0) part.summary.push(event.text);
          else part.summary.push(`${part.summary.pop() ?? ''}${event.text}`);
          break;
        }
        case 'reasoning-seal': {
          const part = open.get(event.index);
          if (part) part.seal = event.seal;
          break;
        }
        case 'tool-call-start':
          calls.set(event.index, { id: event.id, name: event.name, arguments: '' });
          break;
        case 'tool-arguments': {
          const call = calls.get(event.index);
          if (call) call.arguments += event.text;
          break;
        }
        case 'part-end': {
          const part = open.get(event.index);
          const call = calls.get(event.index);
          if (part?.seal) before.push({ type: 'reasoning', ...part, seal: part.seal });
          if (call && event.complete && before.length > 0) {
            this.#keep(keyOf(caller, issuer, { ...call, callId: call.id }), [...before], true);
          }
          break;
        }
        default:
          break;
      }
    };
  }

  /** Resolves when what was kept is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #keep(key: string, parts: readonly ReasoningPart[], write: boolean): void {
    const line = JSON.stringify({ key, parts });
    const earlier = this.#kept.get(key);
    if (earlier) {
      this.#kept.delete(key);
      this.#bytes -= earlier.bytes;
    }
    this.#kept.set(key, { parts, bytes: line.length });
    this.#bytes += line.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
    const file = this.#file;
    if (file === undefined || !write) return;
    // A full disk costs a resumed session its old reasoning, which it can do without.
    this.#writing = this.#writing.then(() => appendFile(file, `${line}\n`, { mode: 0o600 }).catch(() => {}));
  }

  #load(file: string): void {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return;
    }
    for (const line of text.split('\n')) {
      try {
        const { key, parts } = JSON.parse(line) as { key: string; parts: readonly ReasoningPart[] };
        if (typeof key === 'string' && Array.isArray(parts)) this.#keep(key, parts, false);
      } catch {
        // A line that was being written when the machine went down.
      }
    }
  }
}

function keyOf(caller: string, issuer: string, call: VaultKey): string {
  const content = createHash('sha256').update(`${call.name}\0${call.arguments}`).digest('base64url');
  return [caller, issuer, call.callId, content].join('\n');
}
