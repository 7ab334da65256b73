/** What the picker offers. Holds no value of any variable. */
export interface PickerModel {
  readonly version: string;
  readonly workspace: string;
  readonly presets: readonly PickerPreset[];
  readonly clients: readonly PickerClient[];
  /** The newest first. */
  readonly recent: readonly PickerRecent[];
}

/** A session that was, and can be again. */
export interface PickerRecent {
  readonly preset: string;
  readonly alias?: string;
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly running: boolean;
  /** From its receipt, where it left one. */
  readonly durationMs?: number;
  readonly requests?: number;
  /** USD. */
  readonly cost?: number;
  readonly exitCode?: number;
}

/** What becomes of one thing that coding agents send, on the way to an upstream of another protocol. */
export interface RouteEffect {
  readonly what: string;
  /** `emulated`: another shape, the same meaning. */
  readonly kind: 'kept' | 'emulated' | 'lost';
  readonly fate: string;
}

export interface PickerPreset {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** The default first; empty only with a problem. */
  readonly aliases: readonly PickerAlias[];
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** One model of a preset. */
export interface PickerAlias {
  readonly name: string;
  readonly upstream: string;
  /** Absent where it is a variable, or asked for. */
  readonly model?: string;
  /** The client's protocol and the upstream's; the same one is relayed, not translated. */
  readonly wire: { readonly from: string; readonly to: string };
  readonly contextWindow?: number;
  /** USD per million tokens, in and out. */
  readonly price?: { readonly input: number; readonly output: number };
  readonly variables: readonly PickerVariable[];
  /** What requests lose on this route; absent where they are relayed as they are. */
  readonly effects?: readonly RouteEffect[];
  /** Why it cannot be used, though the preset is sound. */
  readonly problem?: string;
}

export interface PickerVariable {
  readonly name: string;
  readonly purpose: string;
  /** Never drawn while it is entered. */
  readonly secret: boolean;
  /** Where it comes from (`environment`); absent when it is missing. */
  readonly origin?: string;
  /** What is wrong with the value there is. */
  readonly fault?: string;
  /** `variable`: handed on under its name. `model`: completes the alias, `UPSTREAM:value`. */
  readonly use: 'variable' | 'model';
  /** What is wrong with a value; undefined when it will do. Never quotes a secret. */
  readonly check: (value: string) => string | undefined;
}

export interface PickerClient {
  readonly id: 'codex' | 'serve';
  readonly label: string;
  readonly version?: string;
  /** Something beside the name: what it is for, or where it is. */
  readonly note?: string;
  /** It is not there, or too old: starting fetches this version first. */
  readonly fetches?: string;
}

export interface PickerChoice {
  readonly preset: string;
  readonly client: PickerClient['id'];
  readonly alias: string;
  /** The client has to be fetched first. */
  readonly install: boolean;
  /** What was entered, in memory only. */
  readonly variables: Readonly<Record<string, string>>;
}
