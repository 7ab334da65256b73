/** What a scripted model says, whatever protocol carries it. */
export interface ReplyPlan {
  readonly say: readonly Said[];
  /** Left out: `stop`, or tool calls when one is made. */
  readonly finish?: 'length' | 'content_filter';
  /** `null`: the provider reports none. */
  readonly usage?: UsagePlan | null;
  /** The body is written in pieces of so many bytes, wherever they cut. */
  readonly chunkBytes?: number;
  /** Instead of a terminal the stream breaks off, or stays silent until the client leaves. */
  readonly end?: 'cut' | 'hang';
}

export interface UsagePlan {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

export const USAGE: UsagePlan = { input: 100, output: 20, cached: 40, reasoning: 5 };

export type Said =
  | { readonly type: 'text' | 'refusal'; readonly pieces: readonly string[] }
  | { readonly type: 'reasoning'; readonly pieces: readonly string[]; readonly seal: string }
  | CallSaid
  | { readonly type: 'wait'; readonly ms: number };

export interface CallSaid {
  readonly type: 'call';
  readonly id: string;
  readonly name: string;
  readonly namespace?: string;
  /** A freeform tool's raw input; over Chat it travels as a function's `input`. */
  readonly freeform: boolean;
  readonly arguments: string;
  /** Bytes of arguments in one delta. */
  readonly deltaLength: number;
}

/** Text, streamed in the given pieces. */
export function say(...pieces: readonly string[]): Said {
  return { type: 'text', pieces };
}

export function decline(...pieces: readonly string[]): Said {
  return { type: 'refusal', pieces };
}

/** Reasoning with its opaque seal (Responses `encrypted_content`; Chat has none). */
export function think(seal: string, ...pieces: readonly string[]): Said {
  return { type: 'reasoning', pieces, seal };
}

/** A silence of the provider, in milliseconds. */
export function wait(ms: number): Said {
  return { type: 'wait', ms };
}

let calls = 0;

interface CallOptions {
  readonly id?: string;
  readonly namespace?: string;
  readonly deltaLength?: number;
}

/** A function call; `args` is the JSON text itself, or what is to be written as JSON. */
export function call(name: string, args: unknown, options: CallOptions = {}): CallSaid {
  calls += 1;
  return {
    type: 'call',
    id: options.id ?? `call_scripted_${calls}`,
    name,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    freeform: false,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
    deltaLength: options.deltaLength ?? 7,
  };
}

/** A call of a freeform tool with its raw input. */
export function freeform(name: string, input: string, options: CallOptions = {}): CallSaid {
  return { ...call(name, input, options), freeform: true };
}

/** Cuts a text every `length` characters, never inside a surrogate pair. */
export function slices(text: string, length: number): string[] {
  const letters = [...text];
  const found: string[] = [];
  for (let at = 0; at < letters.length; at += length) found.push(letters.slice(at, at + length).join(''));
  return found;
}

/** The frames again, with everything between two pauses cut into pieces of `chunkBytes`. */
export function rechunk(
  frames: readonly (string | number)[],
  chunkBytes: number | undefined,
): (string | Buffer | number)[] {
  if (chunkBytes === undefined) return [...frames];
  const chunks: (Buffer | number)[] = [];
  let run: string[] = [];
  const flush = (): void => {
    const bytes = Buffer.from(run.join(''));
    for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
    run = [];
  };
  for (const frame of frames) {
    if (typeof frame === 'string') run.push(frame);
    else {
      flush();
      chunks.push(frame);
    }
  }
  flush();
  return chunks;
}
