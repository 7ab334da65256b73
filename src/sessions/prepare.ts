import { randomBytes } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client, ClientArguments, ClientPlan, PlannedFile } from '../clients/client.ts';
import type { CatalogModel } from '../config/codex-catalog.ts';
import type { Config, Credentials } from '../config/config.ts';
import { resolveCredentials } from '../config/credentials.ts';
import { hydrate } from '../config/hydrate.ts';
import type { Paths } from '../config/paths.ts';
import { type ClientName, choosePreset, openPreset } from '../config/presets.ts';
import { resolveName } from '../config/resolve.ts';
import { hasUserinfo } from '../config/secrets.ts';
import { readServedModel } from '../config/served-model.ts';
import { readVariables, type Variables } from '../config/variables.ts';
import { EXIT, UserError } from '../user-error.ts';
import { checkHealth, describeModel } from './endpoint.ts';
import { clientEnvironment } from './environment.ts';
import { clientHome, isolatedVariables } from './home.ts';
import { SESSION_VARIABLE } from './processes.ts';
import { newSessionId, sessionDirectory } from './registry.ts';
import type { RouteView } from './view.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a user asks of a session. */
export interface SessionWishes {
  readonly model?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly workspace?: string;
  readonly proxyBase?: string;
  readonly envFile?: string;
  readonly isolate?: boolean;
  readonly ephemeral?: boolean;
  readonly dangerous?: boolean;
}

export interface PrepareOptions {
  readonly client: Client;
  readonly wishes: SessionWishes;
  readonly clientArgs: readonly string[];
  readonly paths: Paths;
  readonly env: Environment;
  /** Values given by a caller inside llmup. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Where llmup was started. */
  readonly directory: string;
  /** Gives up waiting for a proxy that runs elsewhere; its reason is thrown. */
  readonly cancel?: AbortSignal;
}

/** Where the client's requests go. */
export type SessionProxy =
  | {
      readonly kind: 'own';
      readonly key: string;
      readonly config: Config;
      readonly credentials: Credentials;
      /** The hydrated config, for the session's directory; names of secrets, no values. */
      readonly runtimeConfig: PlannedFile;
    }
  /** Started elsewhere: `--proxy-base`. */
  | { readonly kind: 'attached'; readonly key: string; readonly url: string }
  /** None: the client does something that asks no model. */
  | { readonly kind: 'none' };

/** Everything decided about a session before anything is started or written. */
export interface PreparedSession {
  readonly client: Client;
  readonly id: string;
  readonly startedAt: number;
  readonly given: ClientArguments;
  /** Of the preset, or `attached`. */
  readonly preset: string;
  readonly model: CatalogModel;
  /** Where each name leads; empty when the proxy is not the session's own. */
  readonly routes: readonly RouteView[];
  readonly proxy: SessionProxy;
  readonly workspace: string;
  readonly directory: string;
  readonly sessionDirectory: string;
  readonly home: string;
  readonly ephemeral: boolean;
  readonly isolated: Readonly<Record<string, string>>;
  readonly graceMs: number;
  /** The client's arguments, variables and files, once the proxy's address is known. */
  readonly plan: (proxyUrl: string) => ClientPlan;
  /** The parent's environment, filtered, with what is given. */
  readonly environment: (set: Readonly<Record<string, string>>) => Record<string, string>;
}

/**
 * Decides a session: preset, alias, proxy, workspace, home, environment.
 * @throws {UserError} exit 2 for arguments that fight the session, exit 3 for whatever is wrong with the config.
 */
export async function prepareSession(options: PrepareOptions): Promise<PreparedSession> {
  const { client, wishes, clientArgs, paths, env } = options;
  const given = client.readArguments(clientArgs);
  const directory = realpathSync(options.directory);
  assertEnterable(directory);
  const workspace = findWorkspace(wishes.workspace, directory);
  if (given.usesModel) checkArguments(client, given, workspace, directory);

  const startedAt = Date.now();
  const id = newSessionId(new Date(startedAt));
  const ownDirectory = sessionDirectory(paths, id);
  const variables = readVariables({
    env,
    envFile: wishes.envFile,
    secretsFile: paths.secretsFile,
    entered: options.variables,
  });
  const target = await findTarget(options, given, variables, ownDirectory);
  const { proxy, preset, models, model } = target;
  const ephemeral = wishes.ephemeral ?? false;
  const home = clientHome({
    paths,
    client: client.name,
    preset,
    ...(ephemeral && { ephemeralIn: ownDirectory }),
  });
  if (given.usesModel) await checkProfiles(client, given.profiles, home);
  const isolated = wishes.isolate ? isolatedVariables(home) : {};
  return {
    client,
    id,
    startedAt,
    given,
    preset,
    model,
    routes: target.routes,
    proxy,
    workspace,
    directory,
    sessionDirectory: ownDirectory,
    home,
    ephemeral,
    isolated,
    graceMs: proxy.kind === 'own' ? proxy.config.timers.grace : 10_000,
    plan: (proxyUrl) =>
      client.plan({
        model,
        models,
        proxyUrl,
        proxyKey: proxy.kind === 'none' ? '' : proxy.key,
        workspace,
        directory,
        home,
        sessionDirectory: ownDirectory,
        dangerous: wishes.dangerous ?? false,
        clientArgs,
      }),
    environment: (set) =>
      clientEnvironment({
        parent: env,
        secretNames: target.secretNames,
        secretValues: target.secretValues,
        without: [...client.selectors, ...variables.given],
        set: { ...isolated, [SESSION_VARIABLE]: id, ...set },
      }),
  };
}

/** The proxy of a session and what is known of it. */
interface Target {
  readonly proxy: SessionProxy;
  readonly preset: string;
  readonly model: CatalogModel;
  readonly models: readonly CatalogModel[];
  readonly routes: readonly RouteView[];
  readonly secretNames: readonly string[];
  readonly secretValues: readonly string[];
}

async function findTarget(
  options: PrepareOptions,
  given: ClientArguments,
  variables: Variables,
  ownDirectory: string,
): Promise<Target> {
  const { client, wishes, paths } = options;
  if (!given.usesModel) {
    const { name, config } = openPreset(wishes, paths);
    const model = { name: '', limits: {}, surface: {}, efforts: [] };
    return {
      proxy: { kind: 'none' },
      preset: name,
      model,
      models: [],
      routes: [],
      ...secretsOf(config, undefined),
    };
  }
  const wanted = given.model ?? wishes.model;
  if (wishes.proxyBase !== undefined) return attach(wishes.proxyBase, wanted, variables, options.cancel);

  const wish = { config: wishes.config, preset: wishes.preset, client: client.name as ClientName };
  const loaded = choosePreset({ ...wish, model: wanted }, paths);
  const { config, text } = hydrate(loaded, variables, { kind: 'alias', alias: loaded.alias });
  const credentials = resolveCredentials(config, variables);
  const names = [...new Set([loaded.alias, ...config.aliases.keys()])];
  const models = names.flatMap((name) => catalogModel(config, name));
  const [model] = models;
  if (model?.name !== loaded.alias) throw new Error(`hydration lost the alias ${loaded.alias}`);
  return {
    proxy: {
      kind: 'own',
      key: randomBytes(32).toString('base64url'),
      config,
      credentials,
      runtimeConfig: { path: join(ownDirectory, 'config.yaml'), content: text },
    },
    preset: loaded.name,
    model,
    models,
    routes: names.flatMap((name) => routeView(config, name, client)),
    ...secretsOf(loaded.config, credentials),
  };
}

/** A proxy that runs already: only its models are asked for. */
async function attach(
  proxyBase: string,
  wanted: string | undefined,
  variables: Variables,
  cancel: AbortSignal | undefined,
): Promise<Target> {
  const url = proxyBase.replace(/\/+$/, '');
  if (hasUserinfo(url))
    throw new UserError('--proxy-base must not hold a user name or password', EXIT.usage, [
      'the key of that proxy goes into LLM_UNIVERSAL_PROXY_KEY',
    ]);
  if (!/^https?:\/\/[^/?#]/.test(url) || !URL.canParse(url))
    throw new UserError(`--proxy-base ${proxyBase} is not an http or https URL`, EXIT.usage, [
      'such as http://127.0.0.1:8080',
    ]);
  if (wanted === undefined)
    throw new UserError('--proxy-base needs --model: which of that proxy’s aliases to use', EXIT.usage, [
      `it lists them at ${url}/openai/v1/models`,
    ]);
  const key = variables.get('LLM_UNIVERSAL_PROXY_KEY') ?? '';
  if (key === '')
    throw new UserError('--proxy-base needs the key of that proxy', EXIT.config, [
      'set LLM_UNIVERSAL_PROXY_KEY to it (any text will do for a proxy that wants none)',
    ]);
  await checkHealth(url, cancel);
  const model = readServedModel(wanted, await describeModel(url, wanted, key, cancel));
  return {
    proxy: { kind: 'attached', key, url },
    preset: 'attached',
    model,
    models: [model],
    routes: [],
    secretNames: [],
    secretValues: [key],
  };
}

/** Names and values of every key a config knows of, those of upstreams this session does not use included. */
function secretsOf(
  config: Config,
  credentials: Credentials | undefined,
): { readonly secretNames: readonly string[]; readonly secretValues: readonly string[] } {
  const auth = config.dataAuth;
  const sources = [
    ...[...config.upstreams.values()].map(({ key }) => key),
    auth?.mode === 'proxy_key' ? auth.key : undefined,
  ];
  return {
    secretNames: sources.flatMap((source) => (source?.kind === 'env' ? [source.name] : [])),
    secretValues: [
      ...sources.flatMap((source) => (source?.kind === 'inline' ? [source.value] : [])),
      ...(credentials ? [...credentials.upstreams.values(), credentials.proxyKey ?? ''] : []),
    ],
  };
}

function catalogModel(config: Config, name: string): CatalogModel[] {
  const route = resolveName(config, name);
  if (!route) return [];
  return [{ name, limits: route.limits, surface: route.surface, efforts: route.upstream.quirks.efforts }];
}

function routeView(config: Config, name: string, client: Client): RouteView[] {
  const route = resolveName(config, name);
  if (!route) return [];
  const { upstream, model, limits } = route;
  const protocol = upstream.protocols.find((one) => one === client.protocol) ?? upstream.protocols[0];
  return [
    {
      alias: name,
      upstream: upstream.name,
      model,
      protocol,
      ...(limits.contextWindow !== undefined && { contextWindow: limits.contextWindow }),
    },
  ];
}

/** The client starts where llmup was started, which may be another user's, as after `sudo -u`. */
function assertEnterable(directory: string): void {
  try {
    accessSync(directory, constants.X_OK);
  } catch {
    throw new UserError(`${directory}: this user may not enter the current directory`, EXIT.config, [
      'change to another one',
    ]);
  }
}

/** The directory the client works in: `--workspace`, else where llmup was started. Links resolved, as clients compare paths. */
function findWorkspace(wanted: string | undefined, directory: string): string {
  if (wanted === undefined) return directory;
  const path = resolve(directory, wanted);
  let fault = 'it is a file, not a directory';
  try {
    if (statSync(path).isDirectory()) {
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    fault = code === 'EACCES' ? 'it may not be entered (permission denied)' : 'there is no such directory';
  }
  throw new UserError(`--workspace ${wanted}: ${fault}`, EXIT.config, [
    'name a directory that exists, or leave the option out to work in the current one',
  ]);
}

/** Refuses what would take the client away from the session, all of it at once. */
function checkArguments(client: Client, given: ClientArguments, workspace: string, directory: string): void {
  const conflicts = [...given.conflicts];
  if (given.directory !== undefined && !isSameDirectory(resolve(directory, given.directory), workspace))
    conflicts.push({
      argument: `-C ${given.directory}`,
      reason: `the session's workspace is ${workspace}`,
      remedy: `give the directory to llmup: llmup ${client.name} -w ${given.directory}`,
    });
  if (conflicts.length === 0) return;
  throw new UserError(
    conflicts.map(({ argument, reason }) => `${argument}: ${reason}`).join('\n'),
    EXIT.usage,
    [...new Set(conflicts.map(({ remedy }) => remedy))],
  );
}

function isSameDirectory(path: string, workspace: string): boolean {
  try {
    return realpathSync(path) === workspace;
  } catch {
    return false;
  }
}

/** A profile is a file in the client's home, which in a session is not the user's own: one that is not there would be passed over in silence. */
async function checkProfiles(client: Client, profiles: readonly string[], home: string): Promise<void> {
  for (const profile of profiles) {
    const file = join(home, `${profile}.config.toml`);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    throw new UserError(`-p ${profile}: the session's ${client.title} home has no such profile`, EXIT.usage, [
      `put it at ${file}, or give its settings one by one with -c key=value`,
    ]);
  }
}
