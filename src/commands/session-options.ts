import type { Layout } from '../display/compositor/layout.ts';
/** Options of `llmup codex|claude|gemini|demo`, as commander names them. */
export interface SessionOptions {
  readonly model?: string;
  readonly preset?: string;
  /** A config file instead of a preset. */
  readonly config?: string;
  readonly workspace?: string;
  readonly proxyBase?: string;
  readonly envFile?: string;
  readonly isolate?: boolean;
  readonly ephemeral?: boolean;
  readonly strict?: boolean;
  readonly record?: 'full' | 'meta' | 'off';
  readonly dangerous?: boolean;
  readonly install?: boolean;
  readonly clientBin?: string;
  readonly printEnv?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly ascii?: boolean;
  readonly display?: 'compositor' | 'inherit' | 'tmux' | 'none';
  readonly layout?: Layout;
  /** The key before llmup's own keys: `ctrl-\\`. */
  readonly prefix?: string;
}

/** What a caller inside llmup (demo, picker) adds: values for `PRESET_*` and key variables, kept in memory only. */
export interface SessionExtras {
  readonly variables?: Readonly<Record<string, string>>;
}
