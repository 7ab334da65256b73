import type { Tool, ToolReference, Turn } from '../conversation.ts';

/** What a name seen upstream stands for on the client's side. */
export interface ClientTool extends ToolReference {
  /** The client offered it as a freeform tool, and it travels as a function with one string `input`. */
  readonly freeform: boolean;
  /** JSON Schema of the client's function, to repair arguments by. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * The request-scoped map between the client's tools and the names an upstream sees. Kept beside the request, never
 * in the names, never accepted from a client.
 */
export interface ToolNames {
  /** The upstream's name for a client's tool, also for one that is only in the history. */
  upstream(tool: ToolReference): string;
  /** What the client calls it; an unknown name stands for itself, as a function. */
  client(upstreamName: string): ClientTool;
}

/** What an upstream takes for a tool's name. */
export interface ToolNameRules {
  /** The characters allowed, as the inside of a character class: `A-Za-z0-9_-`. */
  readonly alphabet: string;
  /** In characters. */
  readonly maxLength: number;
  /** Freeform tools need no bridge: their calls come back as raw text. */
  readonly nativeFreeform: boolean;
}

/**
 * Gives every tool of a request, offered or only remembered, one name upstream. A name that the upstream takes is
 * kept; a namespaced one becomes `namespace__child`; what does not fit or is taken gets a hash of its full name, so
 * that the same tool has the same name in every turn.
 */
export function planToolNames(
  tools: readonly Tool[],
  turns: readonly Turn[],
  rules: ToolNameRules,
): ToolNames {
  const known = new Map<string, ClientTool>();
  for (const tool of tools) {
    if (tool.type === 'hosted') continue;
    const key = keyOf(tool);
    if (!known.has(key)) known.set(key, clientTool(tool, rules.nativeFreeform));
  }
  for (const turn of turns) {
    for (const part of turn.parts) {
      if (part.type !== 'tool-call') continue;
      const key = keyOf(part);
      if (known.has(key)) continue;
      known.set(key, { ...referenceOf(part), freeform: part.freeform && !rules.nativeFreeform });
    }
  }
  return new PlannedNames(known, rules);
}

class PlannedNames implements ToolNames {
  readonly #upstream = new Map<string, string>();
  readonly #client = new Map<string, ClientTool>();
  readonly #rules: ToolNameRules;
  readonly #unfit: RegExp;

  constructor(tools: ReadonlyMap<string, ClientTool>, rules: ToolNameRules) {
    this.#rules = rules;
    this.#unfit = new RegExp(`[^${rules.alphabet}]`, 'gu');
    // Plain names first: whoever has to give way is the one whose name is changed anyhow.
    for (const [key, tool] of tools) if (this.#fits(flatName(tool), tool)) this.#assign(key, tool);
    for (const [key, tool] of tools) if (!this.#upstream.has(key)) this.#assign(key, tool);
  }

  upstream(tool: ToolReference): string {
    return this.#upstream.get(keyOf(tool)) ?? this.#shape(flatName(tool));
  }

  client(upstreamName: string): ClientTool {
    return this.#client.get(upstreamName) ?? { name: upstreamName, freeform: false };
  }

  #fits(name: string, tool: ClientTool): boolean {
    return tool.namespace === undefined && this.#shape(name) === name;
  }

  #assign(key: string, tool: ClientTool): void {
    let name = this.#shape(flatName(tool));
    for (let round = 0; this.#client.has(name); round++)
      name = this.#hashed(flatName(tool), `${key}${round || ''}`);
    this.#upstream.set(key, name);
    this.#client.set(name, tool);
  }

  /** The name in the upstream's alphabet and length; hashed when that alone would not tell it apart. */
  #shape(name: string): string {
    const plain = name.replace(this.#unfit, '_');
    if (plain === name && name.length > 0 && name.length <= this.#rules.maxLength) return name;
    return this.#hashed(name, name);
  }

  #hashed(name: string, seed: string): string {
    const suffix = `_${hash(seed)}`;
    const plain = name.replace(this.#unfit, '_');
    return plain.slice(0, this.#rules.maxLength - suffix.length) + suffix;
  }
}

function clientTool(tool: Exclude<Tool, { type: 'hosted' }>, nativeFreeform: boolean): ClientTool {
  if (tool.type === 'freeform') return { ...referenceOf(tool), freeform: !nativeFreeform };
  return {
    ...referenceOf(tool),
    freeform: false,
    ...(tool.parameters && { parameters: tool.parameters }),
  };
}

function referenceOf({ name, namespace }: ToolReference): ToolReference {
  return namespace === undefined ? { name } : { name, namespace };
}

function flatName({ name, namespace }: ToolReference): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}__${name}`;
}

/** Tells `a__b` from namespace `a` with child `b`. */
function keyOf({ name, namespace }: ToolReference): string {
  return `${namespace ?? ''}\u0000${name}`;
}

/** FNV-1a, 32 bits, over UTF-16 units: stable everywhere, and names are no secrets. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value ^= text.charCodeAt(at);
    value = Math.imul(value, 0x01000193);
  }
  return (value >>> 0).toString(36).padStart(7, '0');
}
