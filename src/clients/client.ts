import type { CatalogModel } from '../config/codex-catalog.ts';
import type { Upstream } from '../config/config.ts';

/** What llmup knows of one coding agent: how to find it, what to run it with, and what would undo that. */
export interface Client {
  /** The command and the name of `llmup <name>`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What it speaks to the proxy. */
  readonly protocol: Upstream['protocols'][number];
  readonly npmPackage: string;
  /** The version llmup is tested with, and which `--install` fetches. */
  readonly testedVersion: string;
  /** An older one is refused. */
  readonly oldestVersion: string;
  /** The npm package's program behind its Node starter; undefined when `path` is not that starter. */
  readonly nativeBinary: (path: string) => Promise<string | undefined>;
  /** Environment variables that choose another endpoint, login or home: never passed on. */
  readonly selectors: readonly string[];
  /** Files of a workspace that could choose another endpoint, and the settings that do. */
  readonly workspaceFiles: readonly WorkspaceFile[];
  /** The variable that names the client's home, for runs outside a session such as version probes. */
  readonly homeVariable: string;
  readonly readArguments: (args: readonly string[]) => ClientArguments;
  readonly plan: (request: PlanRequest) => ClientPlan;
}

export interface WorkspaceFile {
  /** Relative to the workspace. */
  readonly path: string;
  /** Matches a line that sets something the session sets too; its first group is the setting's name. */
  readonly setting: RegExp;
}

/** What the user's own arguments mean to a session. */
export interface ClientArguments {
  /** False for what never asks a model (`--version`, `login`, `mcp`): it runs without a proxy. */
  readonly usesModel: boolean;
  /** The client draws on the terminal. */
  readonly interactive: boolean;
  /** The model they name, if they do. */
  readonly model?: string;
  /** A prompt stands in the arguments of a headless run: input on stdin is an addition, not a need. */
  readonly stdinOptional: boolean;
  /** Arguments that would undo the session's wiring, in order. */
  readonly conflicts: readonly ArgumentConflict[];
  /** The directory they make the client work in, as given. */
  readonly directory?: string;
  /** Names of configuration layers they ask for, looked up in the client's home. */
  readonly profiles: readonly string[];
}

export interface ArgumentConflict {
  /** As the user wrote it: `--oss`, `-c model_provider=…`. */
  readonly argument: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Everything a client's start depends on. */
export interface PlanRequest {
  readonly model: CatalogModel;
  /** Every name the client may switch to, `model` among them. */
  readonly models: readonly CatalogModel[];
  /** `http://host:port`. */
  readonly proxyUrl: string;
  readonly proxyKey: string;
  /** Absolute, links resolved. */
  readonly workspace: string;
  /** Where llmup itself was started. */
  readonly directory: string;
  /** The client's home: kept from session to session, so nothing of this session is put there. */
  readonly home: string;
  /** For files of this session alone. */
  readonly sessionDirectory: string;
  readonly dangerous: boolean;
  readonly clientArgs: readonly string[];
}

export interface ClientPlan {
  /** After the program's name. */
  readonly args: readonly string[];
  /** On top of the filtered environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Written before the start (0600) and removed at the end; in the session's directory. */
  readonly files: readonly PlannedFile[];
}

export interface PlannedFile {
  readonly path: string;
  readonly content: string;
}
