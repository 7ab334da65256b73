/**
 * The canonical request: what every decoder produces and every encoder consumes. One hub, four spokes.
 *
 * Plain readonly data. A field is present only if the client said something; an encoder never invents a value
 * except where its protocol requires one.
 */

/** The four wire protocols, client side and upstream side alike. */
export type Protocol = 'chat' | 'responses' | 'messages' | 'gemini';

export interface Conversation {
  /** The client's protocol: the one whose encoder may write `native`. */
  readonly origin?: Protocol;
  /** The model name the client asked for. The encoder writes {@link Target.model} instead. */
  readonly model: string;
  readonly stream: boolean;
  /** In order, instructions included: a `system` or `developer` turn may stand anywhere. */
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly output: OutputOptions;
  readonly sampling: SamplingOptions;
  readonly reasoning?: ReasoningOptions;
  readonly hints: Hints;
  /** Fields only the client's own protocol understands, by top-level name; re-emitted verbatim towards it only. */
  readonly native: Readonly<Record<string, unknown>>;
  /** Of the client's request, verbatim: what its protocol repeats in every reply (Responses: `tools`, `text`, …). */
  readonly echo?: Readonly<Record<string, unknown>>;
}

export type Role = 'system' | 'developer' | 'user' | 'assistant';

export interface Turn {
  readonly role: Role;
  readonly parts: readonly Part[];
  /** A participant's name (Chat `name`). */
  readonly name?: string;
  /** Responses `phase` of an assistant message, round-tripped. */
  readonly phase?: 'commentary' | 'final_answer';
}

export type Part =
  | TextPart
  | RefusalPart
  | ImagePart
  | DocumentPart
  | AudioPart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | OpaquePart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** The model declined; its words. */
export interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
}

/** Where a medium's bytes are: inline base64 without the `data:` prefix, a URL, or a provider's file id (never portable). */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mimeType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file-id'; readonly id: string };

export interface ImagePart {
  readonly type: 'image';
  readonly source: MediaSource;
  readonly detail?: 'auto' | 'low' | 'high' | 'original';
}

export interface DocumentPart {
  readonly type: 'document';
  readonly source: MediaSource;
  readonly filename?: string;
}

export interface AudioPart {
  readonly type: 'audio';
  /** Base64. */
  readonly data: string;
  readonly format: 'wav' | 'mp3';
}

export interface ToolCallPart {
  readonly type: 'tool-call';
  /** The client's own call id, which its next request will repeat. */
  readonly id: string;
  readonly name: string;
  readonly namespace?: string;
  /** Of a freeform tool the raw input; of a function the JSON text exactly as given. */
  readonly arguments: string;
  readonly freeform: boolean;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly callId: string;
  /** Text and media, in order. */
  readonly content: readonly (TextPart | ImagePart | DocumentPart | AudioPart)[];
  readonly isError?: boolean;
  readonly freeform?: boolean;
}

export interface ReasoningPart {
  readonly type: 'reasoning';
  /** Summary paragraphs, shown to users. */
  readonly summary: readonly string[];
  /** The raw chain of thought, where a provider gives it. */
  readonly text?: string;
  /** Opaque provider state that proves or continues this reasoning, byte-exact. */
  readonly seal?: Seal;
  /** The item's id in a protocol that has one (Responses `rs_…`). */
  readonly id?: string;
}

/** Something only its own protocol can read (a hosted tool's call, a compaction item). Its JSON, verbatim. */
export interface OpaquePart {
  readonly type: 'opaque';
  readonly protocol: Protocol;
  readonly kind: string;
  readonly json: unknown;
  /** The readable text inside it, if any. */
  readonly text?: string;
}

/**
 * Opaque reasoning state with its origin: given back, byte for byte, only to its issuer.
 * `issuer` is `''` when the client's protocol carried it natively, so that whoever speaks `protocol` may read it.
 */
export interface Seal {
  readonly issuer: string;
  readonly protocol: Protocol;
  readonly kind: 'encrypted' | 'signature' | 'redacted' | 'thought' | 'details';
  readonly data: string;
}

export type Tool = FunctionTool | FreeformTool | HostedTool;

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  /** JSON Schema of the arguments; absent means no parameters. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly strict?: boolean;
}

/** A tool whose input is raw text, perhaps under a grammar (Responses `custom`). */
export interface FreeformTool {
  readonly type: 'freeform';
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  readonly grammar?: { readonly syntax: string; readonly definition: string };
}

/** A tool the provider runs itself (`web_search`, `file_search`, …), verbatim. */
export interface HostedTool {
  readonly type: 'hosted';
  readonly kind: string;
  readonly protocol: Protocol;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ToolReference {
  readonly name: string;
  readonly namespace?: string;
}

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly tool: ToolReference; readonly freeform?: boolean }
  | { readonly type: 'hosted'; readonly kind: string; readonly json: unknown }
  | {
      readonly type: 'allowed';
      readonly mode: 'auto' | 'required';
      readonly tools: readonly ToolReference[];
    };

export interface OutputOptions {
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly format?: OutputFormat;
  readonly verbosity?: string;
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'schema';
      readonly name: string;
      readonly description?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

export interface SamplingOptions {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly seed?: number;
  readonly logitBias?: Readonly<Record<string, number>>;
  /** Number of alternatives asked for with log probabilities; `logprobs` alone is 0. */
  readonly logprobs?: number;
}

/** The ladder on which every protocol's effort is placed. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

export interface ReasoningOptions {
  readonly effort?: Effort;
  /** Thinking tokens. */
  readonly budgetTokens?: number;
  /** Responses `summary`: `auto`, `concise`, `detailed`. */
  readonly summary?: string;
  /** The client asked that opaque reasoning be handed to it (`include: reasoning.encrypted_content`). */
  readonly sealed?: boolean;
}

/** Wishes whose loss changes no visible meaning. */
export interface Hints {
  readonly user?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly promptCacheKey?: string;
  readonly promptCacheRetention?: string;
  readonly serviceTier?: string;
  readonly safetyIdentifier?: string;
  readonly store?: boolean;
  /** Responses `include`, without the entry that `reasoning.sealed` stands for. */
  readonly include?: readonly string[];
  /** Chat `stream_options.include_usage`: whether a Chat client wants the usage chunk. */
  readonly includeUsage?: boolean;
}
