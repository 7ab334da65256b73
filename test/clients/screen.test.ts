import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { geometry, type Layout } from '../../src/display/compositor/layout.ts';
import { Screen, type TerminalAnswers } from '../screens/screen.ts';
import { CLI } from '../sessions/program.ts';
import { agentStarter, REAL_AGENTS, type RealAgent } from './agents.ts';
import { type FixtureHome, makeFixtureHome, processesOf } from './fixture-home.ts';
import { hasTmux, TmuxScreen } from './tmux.ts';

/** The screens of the real agents: alone in a terminal, and in llmup's pane of the same size. */

const COLUMNS = 160;
const ROWS = 45;
const PANE = geometry(COLUMNS, ROWS, 'right').pane;

interface Pair {
  readonly alone: Screen;
  readonly composed: Screen;
}

interface Lines {
  readonly alone: readonly string[];
  readonly composed: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Homes of their own, side by side, and one directory, whose path the agents show. */
async function prepare(agent: RealAgent, layout: Layout): Promise<Lines> {
  const home = await makeFixtureHome();
  onTestFinished(() => clear(home));
  const config = join(home.path, 'llmup.yaml');
  await writeFile(
    config,
    'upstreams: { MAIN: { api_root: "http://127.0.0.1:9/v1", format: openai-completion, auth: none } }\n' +
      'model_aliases: { coder: "MAIN:some-model" }\n',
  );
  const [one, other] = [join(home.path, 'one'), join(home.path, 'other')];
  await Promise.all([one, other].map((path) => mkdir(path)));
  const starter = await agentStarter(agent, other, home.workspace);
  const options = ['--config', config, '-m', 'coder', '--layout', layout, '--client-bin', starter];
  return {
    alone: [await agentStarter(agent, one, home.workspace)],
    composed: [process.execPath, CLI, 'codex', ...options],
    cwd: home.workspace,
    env: { HOME: home.path, LLMUP_TEST_MARK: home.mark, COLORTERM: 'truecolor' },
  };
}

/** An agent that has just been ended may still write into its home. */
async function clear(home: FixtureHome): Promise<void> {
  for (;;) {
    const left = await processesOf(home);
    if (left.length === 0) break;
    for (const { pid } of left) kill(pid);
    await sleep(20);
  }
  await home.remove();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

async function startBoth(agent: RealAgent, says: TerminalAnswers): Promise<Pair> {
  const { alone, composed, cwd, env } = await prepare(agent, 'right');
  const open = ([program = '', ...args]: readonly string[], columns: number, rows: number) => {
    const screen = new Screen(program, args, { cwd, env, says, columns, rows });
    onTestFinished(() => screen.kill());
    return screen;
  };
  return { alone: open(alone, PANE.width, PANE.height), composed: open(composed, COLUMNS, ROWS) };
}

/** Waits until both show a text, and the same in every cell, with the cursor in the same place. */
async function expectSame({ alone, composed }: Pair, what: string, text: string): Promise<void> {
  await Promise.all([alone.shows(text), composed.shows(text)]);
  const differing = () => {
    const pane = composed.cells(PANE);
    return alone
      .cells()
      .flatMap((cell, at) => (cell === pane[at] ? [] : [`${cell} is in the pane ${pane[at]}`]));
  };
  const cursors = () => [composed.cursor, alone.cursor];
  await composed
    .until(() => isDeepStrictEqual(...(cursors() as [object, object])) && differing().length === 0, what)
    .catch(() => {
      expect(differing(), `${what}\n${alone.text}`).toEqual([]);
      const [pane, own] = cursors();
      expect(pane, what).toEqual(own);
    });
}

const TALKATIVE = { foreground: 'rgb:dddd/dddd/dddd', background: 'rgb:1111/2222/3333', kitty: true };

describe.each([
  ['that tells its colours and has the keyboard protocol', TALKATIVE],
  ['that is silent', {}],
])('in a terminal %s', (_, says) => {
  test.each(REAL_AGENTS.map((agent) => [agent.name, agent] as const))(
    '%s in the pane shows what it shows alone: at its start, typed at, in its menu',
    async (_, agent) => {
      const both = await startBoth(agent, says);
      const type = (keys: string) => {
        for (const screen of [both.alone, both.composed]) screen.type(keys);
      };
      await expectSame(both, 'start', agent.ready);
      type('hello wörld 日本 👍');
      await expectSame(both, 'typed', 'hello wörld 日本 👍');
      type('\x15');
      await expectSame(both, 'empty again', agent.ready);
      type('/');
      await expectSame(both, 'menu', agent.menu);
      type('\x1b');
      // Twice within a moment ends each of them, the first one alone may only clear its prompt.
      const again = setInterval(() => type('\x03'), 400);
      try {
        expect(await both.composed.ended()).toBe(await both.alone.ended());
      } finally {
        clearInterval(again);
      }
      expect(both.composed.restored).toBe(true);
    },
  );
});

/** tmux is an emulator that shares nothing with llmup's own. */
describe.skipIf(!(await hasTmux()))('in tmux', () => {
  test.each(REAL_AGENTS.map((agent) => [agent.name, agent] as const))(
    '%s in the pane shows the text it shows alone: at its start, typed at, in its menu',
    async (_, agent) => {
      const { alone, composed, cwd, env } = await prepare(agent, 'full');
      const [columns, rows] = [100, 30];
      const both = [
        await TmuxScreen.open(alone, { columns, rows, cwd, env }),
        await TmuxScreen.open(composed, { columns, rows: rows + 1, cwd, env }),
      ] as const;
      const type = (keys: string) => Promise.all(both.map((screen) => screen.type(keys)));
      const same = async (text: string) => {
        await Promise.all(both.map((screen) => screen.shows(text)));
        const seen = async () => {
          const [own, pane] = await Promise.all(both.map((screen) => screen.rows()));
          return { own: own?.slice(0, rows), pane: pane?.slice(0, rows) };
        };
        await expect
          .poll(
            async () => {
              const { own, pane } = await seen();
              return isDeepStrictEqual(own, pane) || { own, pane };
            },
            { timeout: 15_000 },
          )
          .toBe(true);
      };
      await same(agent.ready);
      await type('hello wörld 日本');
      await same('hello wörld 日本');
      await type('\x15');
      await same(agent.ready);
      await type('/');
      await same(agent.menu);
    },
  );
});
