import { expect, onTestFinished, test } from 'vitest';
import { CLI, CLIENT, makeMachine } from '../../sessions/program.ts';
import { Screen } from '../screen.ts';
import { pacedUpstream } from './paced-upstream.ts';

test('a turn on a Chat upstream, seen while it runs: its row, its text, its tool call; the receipt after it', async () => {
  const upstream = await pacedUpstream();
  const machine = await makeMachine(upstream.url);
  const options = ['--config', machine.config, '--client-bin', CLIENT, '--layout', 'right'];
  const screen = new Screen(process.execPath, [CLI, 'codex', ...options, '--', 'ask exit=5'], {
    columns: 120,
    rows: 40,
    cwd: machine.workspace,
    env: machine.env,
  });
  onTestFinished(() => screen.kill());
  const pane = () => screen.rows.map((row) => row.slice(0, 74)).join('\n');
  const panels = () => screen.rows.map((row) => row.slice(74)).join('\n');

  // The provider has the request and says nothing.
  const reply = await upstream.request();
  await screen.until(() => /prefill/.test(panels()) && /prefill/.test(screen.rows[39] ?? ''), 'prefill');
  expect(panels()).toContain('model-a');

  reply.text('Let me look at ');
  await screen.until(() => panels().includes('Let me look at'), 'the text in the panel');
  await screen.until(() => pane().includes('Let me look at'), 'the text in the pane');
  reply.text('the failing test.');
  await screen.until(() => panels().includes('the failing test.'), 'more of the text');
  expect(screen.rows[39]).toContain('streaming');
  expect(screen.modes.alternate).toBe(true);

  reply.call('shell', '{"command":', '"npm test"}');
  await screen.until(() => panels().includes('npm test'), 'the tool call');
  expect(panels()).toContain('shell');
  reply.end('tool_calls');

  expect(await screen.ended()).toBe(5);
  expect(screen.restored).toBe(true);
  expect(screen.text).toMatch(/requests +1$/m);
  expect(screen.text).toMatch(/tokens +1,200 in/);
  expect(screen.text).toContain('Let me look at');
});
