import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config, Credentials, Listen } from '../config/config.ts';
import { resolveCredentials } from '../config/credentials.ts';
import { hydrate } from '../config/hydrate.ts';
import { parseListen } from '../config/listen.ts';
import { llmupPaths, type Paths } from '../config/paths.ts';
import { type ChosenPreset, openPreset } from '../config/presets.ts';
import { resolveName } from '../config/resolve.ts';
import { readVariables, type Values } from '../config/variables.ts';
import { drawsScreens } from '../display/ability.ts';
import type { WatchFeed } from '../display/watch.tsx';
import type { ProxyOptions } from '../proxy/handle.ts';
import { makePrivateDirectory } from '../sessions/private-files.ts';
import { newSessionId, type Registration, registerSession } from '../sessions/registry.ts';
import { type SignalTrap, trapSignals } from '../sessions/signals.ts';
import { withTerminalGuard } from '../sessions/terminal-guard.ts';
import { startTraffic, type TrafficHost } from '../sessions/traffic-host.ts';
import type { SessionView } from '../sessions/view.ts';
import { EXIT, UserError } from '../user-error.ts';

/** Options of `llmup serve`, as commander names them. */
export interface ServeOptions {
  readonly config?: string;
  readonly preset?: string;
  readonly envFile?: string;
  /** `host:port`, instead of the config's. */
  readonly listen?: string;
  readonly ui?: boolean;
  readonly plain?: boolean;
  readonly ascii?: boolean;
  readonly strict?: boolean;
  readonly record?: 'full' | 'meta' | 'off';
  /** Where no key is configured, make one up for this run and say it, instead of refusing to start. */
  readonly makeKey?: boolean;
}

type Auth = ProxyOptions['auth'];

/**
 * `llmup serve`: the proxy alone, in the foreground, until it is asked to end.
 *
 * @returns 0 after an orderly end, by signal or by leaving the panels.
 * @throws {UserError} exit 3 when the config cannot be used, 5 when the proxy cannot listen.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const signals = trapSignals();
  // Whoever read its notes may leave (`llmup serve 2>&1 | head -1`); the proxy goes on.
  process.stderr.on('error', () => {});
  try {
    const { env } = process;
    const listen = options.listen === undefined ? undefined : readListen(options.listen);
    const paths = llmupPaths(env);
    const preset = openPreset(options, paths);
    const values = readVariables({ env, envFile: options.envFile, secretsFile: paths.secretsFile });
    const { config, credentials, auth } = prepare(preset, values, options);
    const id = newSessionId(new Date());
    const directory = await stateDirectory(paths, id);
    const traffic = await startTraffic(
      {
        proxy: {
          config,
          credentials,
          listen: await freeListen(listen ?? config.listen),
          auth,
          env,
          ...(directory !== undefined && { stateDirectory: directory }),
          ...(options.strict && { strict: true }),
        },
        view: viewOf(id, preset, config),
        paths,
        record: options.record ?? 'meta',
        keepBodies: options.ui ?? false,
        ...(directory !== undefined && { directory }),
        say,
      },
      options.ui ?? false,
    );
    // Like any fault that nobody caught: it ends the program, and with it the panels.
    traffic.failed.then((error) => {
      throw error;
    });
    traffic.load();
    say(`listening on ${traffic.url}`);
    return await run({ options, paths, directory, traffic, signals, graceMs: config.timers.grace });
  } finally {
    signals.release();
  }
}

interface Running {
  readonly options: ServeOptions;
  readonly paths: Paths;
  readonly directory: string | undefined;
  readonly traffic: TrafficHost;
  readonly signals: SignalTrap;
  readonly graceMs: number;
}

/** Keeps the proxy in view of viewers and panels until somebody ends it; then ends all in order. */
async function run(running: Running): Promise<number> {
  const { options, traffic, signals, graceMs } = running;
  const registration = await openToViewers(running);

  let close: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const asked = signals.received ? Promise.resolve() : nextSignal(signals);
  let quit: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    quit = resolve;
  });
  const { subscribe, bodies } = traffic;
  const screen = options.ui ? showPanels({ subscribe, bodies, closed }, options, quit) : undefined;
  await Promise.race([asked, left, ...(screen ? [screen] : [])]);
  if (!screen) say('ending: open requests may finish; ask again to cut them');
  const closing = traffic.closeProxy(graceMs);
  signals.listen(() => void traffic.closeProxy(0));
  await closing;

  await traffic.finish({});
  close();
  await screen;
  await registration?.end(0).catch(() => {});
  return 0;
}

/** Lets `llmup watch` and `llmup sessions` find this proxy. Without a place for that it serves all the same. */
async function openToViewers({ paths, directory, traffic }: Running): Promise<Registration | undefined> {
  if (directory === undefined) return undefined;
  try {
    const registration = await registerSession(paths, traffic.view);
    if (traffic.socket !== undefined) await registration.update({ socket: traffic.socket });
    return registration;
  } catch (error) {
    say(`this proxy cannot be watched: ${(error as Error).message}`);
    return undefined;
  }
}

/** The directory of this run; undefined, and a note, where none can be made. */
async function stateDirectory(paths: Paths, id: string): Promise<string | undefined> {
  const directory = join(paths.state, 'sessions', id);
  try {
    await makePrivateDirectory(directory);
    return directory;
  } catch (error) {
    say(`nothing is recorded: ${(error as Error).message}`);
    return undefined;
  }
}

/** The config without placeholders, with the values of its secrets, and what clients must present. */
function prepare(
  preset: ChosenPreset,
  values: Values,
  options: ServeOptions,
): { config: Config; credentials: Credentials; auth: Auth } {
  const mode = authMode(preset.config, values);
  const keys = mode !== 'client_provider_key';
  // A preset lists more endpoints than one person has; a config file is meant as it stands.
  const need =
    options.config === undefined ? ({ kind: 'available' } as const) : ({ kind: 'all', keys } as const);
  const { config, leftOut } = hydrate(preset, values, need);
  for (const { upstream, reason } of leftOut) say(`upstream ${upstream} is left out: ${reason}`);
  const credentials = resolveCredentials(config, values, keys ? undefined : []);
  if (mode === 'client_provider_key') return { config, credentials, auth: { mode } };
  const key = credentials.proxyKey ?? values.get(KEY_VARIABLE) ?? (options.makeKey ? madeUpKey() : undefined);
  if (key === undefined) throw noAuth(mode);
  return { config, credentials, auth: { mode: 'proxy_key', key } };
}

const MODE_VARIABLE = 'LLM_UNIVERSAL_PROXY_AUTH_MODE';
const KEY_VARIABLE = 'LLM_UNIVERSAL_PROXY_KEY';

/** The config decides, then the environment. */
function authMode(config: Config, values: Values): Auth['mode'] | undefined {
  if (config.dataAuth) return config.dataAuth.mode;
  const mode = values.get(MODE_VARIABLE);
  if (mode === undefined || mode === 'proxy_key' || mode === 'client_provider_key') return mode;
  throw new UserError(
    `${MODE_VARIABLE} must be proxy_key or client_provider_key, not ${JSON.stringify(mode)}`,
    EXIT.config,
  );
}

function noAuth(mode: Auth['mode'] | undefined): UserError {
  const hints = [
    `export ${KEY_VARIABLE}=$(openssl rand -hex 24), and give clients the same key`,
    'or in the config: data_auth: { mode: proxy_key, proxy_key: { env: NAME } }',
    'or let clients bring their own provider keys: data_auth: { mode: client_provider_key }',
  ];
  const what = mode === undefined ? 'nothing says who may use this proxy' : `${KEY_VARIABLE} is not set`;
  return new UserError(what, EXIT.config, hints);
}

function madeUpKey(): string {
  const key = randomBytes(24).toString('hex');
  say(`key of this run: ${key}`);
  return key;
}

function readListen(written: string): Listen {
  const parsed = parseListen(written);
  if (parsed) return parsed;
  throw new UserError(`--listen must be host:port, not ${JSON.stringify(written)}`, EXIT.usage, [
    'such as 127.0.0.1:8080, or 127.0.0.1:8080-8090 for the first free one; port 0 takes any',
  ]);
}

/** The first free port of a range; a range without one is for the proxy to complain of. */
async function freeListen({ host, port, lastPort }: Listen): Promise<Listen> {
  if (lastPort === undefined) return { host, port };
  const { default: getPort, portNumbers } = await import('get-port');
  const free = await getPort({ host, port: portNumbers(port, lastPort) });
  return { host, port: free >= port && free <= lastPort ? free : port };
}

function viewOf(id: string, preset: ChosenPreset, config: Config): Omit<SessionView, 'proxyUrl'> {
  const routes = [...config.aliases.keys()].flatMap((alias) => resolveName(config, alias) ?? []);
  return {
    id,
    kind: 'serve',
    preset: preset.name,
    workspace: process.cwd(),
    pid: process.pid,
    startedAt: Date.now(),
    routes: routes.map(({ alias, upstream, model, limits }) => ({
      alias,
      upstream: upstream.name,
      model,
      protocol: upstream.protocols[0],
      ...(limits.contextWindow !== undefined && { contextWindow: limits.contextWindow }),
    })),
  };
}

/** Resolves when the user left the panels and the feed closed, the receipt printed. */
async function showPanels(
  source: WatchFeed,
  { plain, ascii }: ServeOptions,
  onQuit: () => void,
): Promise<number> {
  const { runWatchScreen } = await import('../display/watch.tsx');
  const { stdin, stdout } = process;
  const show = () => runWatchScreen({ source, plain, ascii, stdin, stdout, onQuit });
  return plain || !drawsScreens(process, process.env) ? show() : withTerminalGuard(show);
}

function nextSignal(signals: SignalTrap): Promise<void> {
  return new Promise((resolve) => signals.listen(() => resolve()));
}

function say(text: string): void {
  process.stderr.write(`llmup: ${text}\n`);
}
