import { expect, test } from 'vitest';
import { pacedUpstream } from '../screens/session/paced-upstream.ts';
import { CLI, CLIENT, makeMachine } from '../sessions/program.ts';
import { hasTmux, TmuxScreen } from './tmux.ts';

test.skipIf(!(await hasTmux()))(
  '--display tmux: the agent keeps its pane, the panels get one beside it',
  async () => {
    const upstream = await pacedUpstream();
    const machine = await makeMachine(upstream.url);
    const options = ['--display', 'tmux', '--config', machine.config, '--client-bin', CLIENT];
    const screen = await TmuxScreen.open([process.execPath, CLI, 'codex', ...options, '--', 'ask hang'], {
      columns: 160,
      rows: 40,
      cwd: machine.workspace,
      env: machine.env,
      told: true,
    });
    const reply = await upstream.request();
    reply.text('Let me look at the failing test.');
    reply.end();
    await expect
      .poll(async () => (await screen.panes())[1] ?? '', { timeout: 20_000 })
      .toContain('Let me look at the failing test.');
    const [agent = '', panels = ''] = await screen.panes();
    expect(panels).toContain('Routes 1');
    expect(agent).not.toContain('Routes');
  },
);
