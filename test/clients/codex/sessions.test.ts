import { describe, expect, it } from 'vitest';
import { call, say } from '../../provider/reply-plan.ts';
import { results, transcript } from '../../provider/seen.ts';
import { makeFixtureHome } from '../fixture-home.ts';
import { runCodex, type UpstreamFormat, workspaceFile } from './run.ts';

/** Sessions beyond a single turn. */

describe.each<{ upstream: UpstreamFormat }>([{ upstream: 'chat' }, { upstream: 'responses' }])(
  'a Codex session over $upstream',
  ({ upstream }) => {
    it('goes through 20 tool calls', async () => {
      const home = await makeFixtureHome();
      const result = await runCodex({
        upstream,
        home,
        prompt: 'count',
        script: (_, index) =>
          index < 20
            ? { say: [say(`Step ${index}.`), call('exec_command', { cmd: `echo ${index} >> count.txt` })] }
            : { say: [say('Counted.')] },
      });
      expect(result).toMatchObject({ exitCode: 0, message: 'Counted.' });
      expect(result.turns).toHaveLength(21);
      expect((await workspaceFile(home, 'count.txt'))?.split('\n')).toHaveLength(21);
      expect(results(result.turns[20]?.body)).toHaveLength(20);
      // Each request repeats the one before, so that a provider's prompt cache hits.
      for (const [index, turn] of result.turns.slice(1).entries()) {
        const before = transcript(result.turns[index]?.body);
        expect(transcript(turn.body).slice(0, before.length)).toEqual(before);
      }
      await home.remove();
    });

    it('carries a tool result of 1 MB', async () => {
      const result = await runCodex({
        upstream,
        prompt: 'dump',
        // Codex estimates what it holds, and compacts when the window is too small for it.
        alias: { limits: { context_window: 2_000_000 } },
        // Codex cuts output to what the catalog and this setting allow.
        args: ['-c', 'tool_output_token_limit=2000000'],
        script: [
          {
            say: [
              call('exec_command', {
                cmd: "head -c 1000000 /dev/zero | tr '\\0' x",
                max_output_tokens: 2_000_000,
                yield_time_ms: 10_000,
              }),
            ],
          },
          { say: [say('Big.')] },
        ],
      });
      expect(result).toMatchObject({ exitCode: 0, message: 'Big.' });
      expect(results(result.turns[1]?.body).at(-1)?.length).toBeGreaterThan(1_000_000);
    });

    it('is resumed by the next one', async () => {
      const home = await makeFixtureHome();
      const first = await runCodex({ upstream, home, prompt: 'one', script: [{ say: [say('First.')] }] });
      const second = await runCodex({
        upstream,
        home,
        command: ['exec', 'resume', '--last'],
        prompt: 'two',
        script: [{ say: [say('Second.')] }],
      });
      expect(second).toMatchObject({ exitCode: 0, message: 'Second.' });
      const before = transcript(first.turns[0]?.body);
      const lines = transcript(second.turns[0]?.body);
      expect(lines.slice(0, before.length + 1)).toEqual([...before, 'assistant: First.']);
      expect(lines.at(-1)).toBe('user: two');
      await home.remove();
    });

    it('shares its home with another one at the same time', async () => {
      const home = await makeFixtureHome();
      const session = (name: string) =>
        runCodex({
          upstream,
          home,
          prompt: name,
          script: [
            { say: [call('exec_command', { cmd: `sleep 1; echo ${name} > ${name}.txt` })] },
            { say: [say(`${name} done.`)] },
          ],
        });
      const both = await Promise.all([session('left'), session('right')]);
      expect(both.map((result) => [result.exitCode, result.message])).toEqual([
        [0, 'left done.'],
        [0, 'right done.'],
      ]);
      for (const [index, name] of ['left', 'right'].entries()) {
        expect(await workspaceFile(home, `${name}.txt`)).toBe(`${name}\n`);
        expect(transcript(both[index]?.turns[0]?.body).at(-1)).toMatch(
          new RegExp(`^user: ([\\s\\S]*\\n)?${name}$`),
        );
      }
      await home.remove();
    });
  },
);
