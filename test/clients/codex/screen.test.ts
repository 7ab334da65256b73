import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { say } from '../../provider/reply-plan.ts';
import { transcript } from '../../provider/seen.ts';
import { type FixtureHome, makeFixtureHome, processesOf } from '../fixture-home.ts';
import { startTerminal, type TerminalSession } from '../terminal.ts';
import { openForwardProxy } from './forward-proxy.ts';
import {
  ALIAS,
  type CodexRun,
  codexCommand,
  type StartedProvider,
  startScripted,
  type UpstreamFormat,
  until,
} from './run.ts';

/** Codex's own screen in a terminal, started by `llmup codex`. */

interface Screen {
  readonly terminal: TerminalSession;
  readonly scripted: StartedProvider;
  readonly home: FixtureHome;
  /** Ends what is still running, and removes the home. */
  end(): Promise<void>;
}

async function open(run: Omit<CodexRun, 'home' | 'command'>): Promise<Screen> {
  const scripted = await startScripted(run);
  const home = await makeFixtureHome();
  await run.prepare?.(home.workspace);
  // With Codex's own approvals and sandbox, as a session has them.
  const { args, env } = await codexCommand({ alias: {}, ...run, command: [] }, scripted.provider.url, home);
  const terminal = startTerminal(process.execPath, args, { cwd: home.workspace, env });
  return {
    terminal,
    scripted,
    home,
    end: async () => {
      terminal.kill('SIGKILL');
      await terminal.exit;
      await scripted.provider.close();
      await home.remove();
    },
  };
}

/** The empty prompt. The model's name is on the screen before that, in llmup's own first line. */
const READY = 'Ask Codex to do anything';

/** Ctrl-C on an empty prompt; one that comes before the turn is quite over stops the turn only, so it is repeated. */
async function leave(terminal: TerminalSession): Promise<number> {
  const again = setInterval(() => terminal.write('\u0003'), 500);
  terminal.write('\u0003');
  return terminal.exit.finally(() => clearInterval(again));
}

describe.each<{ upstream: UpstreamFormat }>([{ upstream: 'chat' }, { upstream: 'responses' }])(
  'the Codex screen over $upstream',
  ({ upstream }) => {
    it('28: a prompt is typed and answered; Ctrl-C leaves nothing behind (and 25: asks one host only)', async () => {
      const forward = await openForwardProxy();
      const { terminal, scripted, home, end } = await open({
        upstream,
        script: [{ say: [say('The answer ', 'is 42.')] }],
        env: { HTTPS_PROXY: forward.url, https_proxy: forward.url },
      });
      try {
        await terminal.shows(READY);
        await terminal.type('what is it');
        await terminal.shows('The answer is 42.');
        await terminal.shows(`${ALIAS} default`);
        await until(() => scripted.titles.length === 1);
        expect(scripted.turns).toHaveLength(1);
        expect(transcript(scripted.turns[0]?.body).at(-1)).toMatch(/(^user: |\n)what is it$/);
        expect(await leave(terminal)).toBe(0);
        expect(terminal.restored()).toBe(true);
        await until(async () => (await processesOf(home)).length === 0, 5);
        expect(scripted.faults).toEqual([]);
        // Codex fetches an announcement at each start of its screen and has no switch for it.
        const hosts = new Set(forward.asked);
        expect([...hosts].filter((asked) => asked !== 'CONNECT raw.githubusercontent.com:443')).toEqual([]);
      } finally {
        await end();
        await forward.close();
      }
    });

    it('29: a git repository is trusted without a question', async () => {
      const { terminal, end } = await open({
        upstream,
        script: [{ say: [say('Hello.')] }],
        prepare: async (cwd) => void (await execa('git', ['init', '-q'], { cwd })),
      });
      try {
        await terminal.shows(READY);
        await terminal.type('hi');
        await terminal.shows('Hello.');
        expect(terminal.screen()).not.toMatch(/trust/i);
        expect(await leave(terminal)).toBe(0);
      } finally {
        await end();
      }
    });

    it('20 turns of a person in one session', async () => {
      const { terminal, scripted, end } = await open({
        upstream,
        script: (_, index) => ({ say: [say(`Answer number ${index + 1}`, '.')] }),
      });
      try {
        await terminal.shows(READY);
        for (let turn = 1; turn <= 20; turn += 1) {
          await terminal.type(`question ${turn}`);
          await terminal.shows(`Answer number ${turn}.`);
        }
        expect(scripted.faults).toEqual([]);
        const lines = transcript(scripted.turns[19]?.body);
        expect(lines.filter((line) => /(^user: |\n)question \d+$/.test(line))).toHaveLength(20);
        expect(lines.filter((line) => /^assistant: Answer number \d+\.$/.test(line))).toHaveLength(19);
        expect(await leave(terminal)).toBe(0);
      } finally {
        await end();
      }
    });
  },
);
