import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../clients/client.ts';
import { codex } from '../clients/codex.ts';
import { findClient, peekClient } from '../clients/detect.ts';
import { isPlaceholder } from '../config/api-root.ts';
import type { Alias, Config, Surface, Upstream } from '../config/config.ts';
import { type NeededVariable, neededVariables, unmetNeeds } from '../config/needs.ts';
import type { Paths } from '../config/paths.ts';
import { listPresets, type PresetEntry, startAlias } from '../config/presets.ts';
import { readVariables, type Values } from '../config/variables.ts';
import type {
  PickerAlias,
  PickerClient,
  PickerModel,
  PickerPreset,
  PickerRecent,
  PickerVariable,
} from '../display/picker/model.ts';
import { codecFor, PROTOCOL_NAMES } from '../protocols/codecs.ts';
import { listSessions } from '../sessions/registry.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { UserError } from '../user-error.ts';
import { version } from '../version.ts';
import { routeEffects } from './route-effects.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The preset whose upstream is inside llmup: it has nothing to enter. */
export const DEMO_PRESET = 'demo';

/** What the picker offers on this machine: presets with what they still need, and clients. */
export async function pickerOffers(paths: Paths, env: Environment, workspace: string): Promise<PickerModel> {
  const values = readVariables({ env, secretsFile: paths.secretsFile });
  const recent = recentSessions(paths);
  return {
    version,
    workspace,
    // The demo is for whoever has nothing else yet.
    presets: [...listPresets(paths)]
      .sort((a, b) => Number(a.name === DEMO_PRESET) - Number(b.name === DEMO_PRESET))
      .map((entry) => presetOffer(entry, values, env)),
    clients: [
      await clientOffer(codex, paths, env),
      { id: 'serve', label: 'proxy only', note: 'llmup serve, for clients started elsewhere' },
    ],
    recent: await recent,
  };
}

/** Sessions that are listed. */
const RECENT = 8;

/** The last sessions of clients, with what their receipts say. */
async function recentSessions(paths: Paths): Promise<readonly PickerRecent[]> {
  const sessions = (await listSessions(paths)).filter(({ view }) => view.client !== undefined);
  return Promise.all(
    sessions.slice(0, RECENT).map(async ({ view, directory, running, exitCode }): Promise<PickerRecent> => {
      const { preset, alias, client = '', startedAt } = view;
      const receipt = running ? undefined : await readReceipt(join(directory, 'receipt.json'));
      return {
        ...{ preset, client, startedAt, running },
        ...(alias !== undefined && { alias }),
        ...(receipt && { requests: receipt.requests, durationMs: receipt.durationMs }),
        ...(receipt?.cost !== undefined && { cost: receipt.cost }),
        ...(exitCode !== undefined && { exitCode }),
      };
    }),
  );
}

/** A receipt, if there is one that can be read. */
async function readReceipt(file: string): Promise<Receipt | undefined> {
  try {
    const receipt = JSON.parse(await readFile(file, 'utf8')) as Partial<Receipt> | null;
    const sound = typeof receipt?.requests === 'number' && typeof receipt.durationMs === 'number';
    return sound ? (receipt as Receipt) : undefined;
  } catch {
    return undefined;
  }
}

function presetOffer(entry: PresetEntry, values: Values, env: Environment): PickerPreset {
  const { name } = entry;
  if (!entry.loaded) return { name, aliases: [], problem: entry.problem };
  const { config } = entry.loaded;
  const start = startAlias(config, 'codex');
  const aliases = [...config.aliases.values()].sort(
    (a, b) => Number(b.name === start) - Number(a.name === start),
  );
  return {
    name,
    ...(config.title !== undefined && { title: config.title }),
    ...(config.description !== undefined && { description: config.description }),
    aliases:
      aliases.length > 0
        ? aliases.flatMap((alias) => aliasOffer(alias, name, config, values, env))
        : [...config.upstreams.values()].map((upstream) => upstreamOffer(upstream, config, values, env)),
  };
}

function aliasOffer(
  alias: Alias,
  preset: string,
  config: Config,
  values: Values,
  env: Environment,
): readonly PickerAlias[] {
  const upstream = config.upstreams.get(alias.upstream);
  if (!upstream) return [];
  const { contextWindow } = alias.limits;
  const needs = preset === DEMO_PRESET ? [] : inOrderOfAsking(neededVariables(config, alias.name));
  return [
    {
      name: alias.name,
      upstream: upstream.name,
      ...(!isPlaceholder(alias.model) && { model: alias.model }),
      ...wireOf(upstream),
      ...effectsOf(upstream, alias.surface, config),
      ...(contextWindow !== undefined && { contextWindow }),
      ...(alias.pricing && { price: { input: alias.pricing.input, output: alias.pricing.output } }),
      variables: needs.map((need) => variableOffer(need, config, alias.name, values, env)),
    },
  ];
}

/** A preset without aliases, such as servers of this machine: the user names the model. */
function upstreamOffer(upstream: Upstream, config: Config, values: Values, env: Environment): PickerAlias {
  const { name, limits } = upstream;
  return {
    name,
    upstream: name,
    ...wireOf(upstream),
    ...effectsOf(upstream, upstream.surface, config),
    ...(limits.contextWindow !== undefined && { contextWindow: limits.contextWindow }),
    variables: [
      ...inOrderOfAsking(neededVariables(config, name)).map((need) =>
        variableOffer(need, config, name, values, env),
      ),
      {
        name: `model of ${name}`,
        purpose: `the model's name as ${name} at ${upstream.apiRoot} knows it`,
        secret: false,
        use: 'model',
        check: (value) => (/[\s\p{Cc}]/u.test(value) ? 'must not hold spaces' : undefined),
      },
    ],
  };
}

/** What a Codex session on this upstream speaks on either side, and whether that can be done. */
function wireOf({ name, protocols }: Upstream): Pick<PickerAlias, 'wire' | 'problem'> {
  const to = protocols.includes('responses') ? 'responses' : protocols[0];
  return {
    wire: { from: PROTOCOL_NAMES.responses, to: PROTOCOL_NAMES[to] },
    ...(!codecFor(to) && {
      problem: `upstream ${name} speaks ${PROTOCOL_NAMES[to]}, which this version cannot translate to yet`,
    }),
  };
}

function effectsOf(
  upstream: Upstream,
  surface: Surface,
  { compatibilityMode: mode }: Config,
): Pick<PickerAlias, 'effects'> {
  const effects = routeEffects({ upstream, surface, mode });
  return effects ? { effects } : {};
}

/** Where, what, and by what right: the order in which people know these things. */
function inOrderOfAsking(needs: readonly NeededVariable[]): readonly NeededVariable[] {
  const order = { url: 0, model: 1, key: 2 } as const;
  return [...needs].sort((a, b) => order[a.kind] - order[b.kind]);
}

function variableOffer(
  need: NeededVariable,
  config: Config,
  alias: string,
  values: Values,
  env: Environment,
): PickerVariable {
  const faultOf = (known: Values) => unmetNeeds(config, alias, known).find(({ name }) => name === need.name);
  const unmet = faultOf(values);
  const origin = env[need.name]?.trim() ? 'environment' : 'secrets.env';
  const isSet = Boolean(values.get(need.name)?.trim());
  return {
    name: need.name,
    purpose: need.purpose,
    secret: need.kind === 'key',
    use: 'variable',
    ...(isSet && { origin }),
    ...(unmet?.fault !== undefined && { fault: unmet.fault }),
    check: (value) => faultOf({ get: (name) => (name === need.name ? value : values.get(name)) })?.fault,
  };
}

/** Finds a client without starting it where an earlier probe has told its version. */
async function clientOffer(client: Client, paths: Paths, env: Environment): Promise<PickerClient> {
  const offer = { id: 'codex', label: client.title } as const;
  const known = await peekClient(client, { paths, env });
  if (!known) return { ...offer, fetches: client.testedVersion };
  if (known.version !== undefined) return { ...offer, version: known.version };
  try {
    return { ...offer, version: await probe(client, paths, env) };
  } catch (error) {
    if (error instanceof UserError) return { ...offer, fetches: client.testedVersion };
    throw error;
  }
}

/** Asks a client for its version, in an empty home and without the user's keys. */
async function probe(client: Client, paths: Paths, env: Environment): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'llmup-probe-'));
  try {
    const bare = { PATH: env.PATH, HOME: home, [client.homeVariable]: home };
    return (await findClient(client, { paths, env: bare, probeTimeout: 5000 })).version;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
