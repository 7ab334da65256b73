import { join } from 'node:path';
import type { Paths } from '../config/paths.ts';
import { makePrivateDirectory } from './private-files.ts';

export interface HomeChoice {
  readonly paths: Paths;
  readonly client: string;
  /** A preset's name, as it can stand in a path. */
  readonly preset: string;
  /** The session's directory, for a home that goes with it. */
  readonly ephemeralIn?: string;
}

/** Where a client keeps its own things: the same place for each session of a preset, so that sessions can be resumed. */
export function clientHome({ paths, client, preset, ephemeralIn }: HomeChoice): string {
  if (ephemeralIn !== undefined) return join(ephemeralIn, 'home');
  return join(paths.state, 'homes', client, preset);
}

/** `--isolate`: HOME and the XDG base directories inside the client's home. */
export function isolatedVariables(home: string): Record<string, string> {
  const user = join(home, 'user');
  return {
    HOME: user,
    XDG_CONFIG_HOME: join(user, '.config'),
    XDG_CACHE_HOME: join(user, '.cache'),
    XDG_DATA_HOME: join(user, '.local', 'share'),
    XDG_STATE_HOME: join(user, '.local', 'state'),
  };
}

/** Makes the home, and what else the given variables name. Codex refuses a home that does not exist. */
export async function makeHome(home: string, isolated: Readonly<Record<string, string>>): Promise<void> {
  await makePrivateDirectory(home);
  for (const directory of Object.values(isolated)) await makePrivateDirectory(directory);
}
