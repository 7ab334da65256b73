import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { expect, onTestFinished, test } from 'vitest';
import { appeared, CLI, CLIENT, gone, type Machine, makeMachine } from './program.ts';

/** A shell in a terminal that runs llmup, then says when the terminal's settings are those from before. */
async function inTerminal(machine: Machine, words: string) {
  const screen = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  const [before, code] = [machine.path('before'), machine.path('code')];
  const script = [
    `trap : INT; stty -g > ${before}`,
    `"${process.execPath}" "${CLI}" codex --config "${machine.config}" --client-bin "${CLIENT}" -- "${words}"`,
    'code=$?',
    `until [ "$(stty -g)" = "$(cat ${before})" ]; do sleep 0.05; done; echo $code > ${code}; sleep 60`,
  ].join('\n');
  const env = { ...machine.env, TERM: 'xterm-256color' };
  const pty = spawn('/bin/sh', ['-c', script], { cols: 100, rows: 30, cwd: machine.workspace, env });
  onTestFinished(() => pty.kill('SIGKILL'));
  pty.onData((data) => screen.write(data));
  const report = JSON.parse(await appeared(machine.path('report'))) as {
    pid: number;
    env: Record<string, string>;
  };
  return {
    pty,
    screen,
    clientPid: report.pid,
    /** Waits until the terminal is as it was, on both sides of the line. */
    restored: async () => {
      const exitCode = Number(await appeared(code));
      while (screen.buffer.active.type !== 'normal') await sleep(10);
      expect(screen.modes.mouseTrackingMode).toBe('none');
      return exitCode;
    },
  };
}

async function llmupPid(clientPid: number): Promise<number> {
  const stat = await readFile(`/proc/${clientPid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

test('a client that dies in the middle of its screen leaves the terminal as it was', async () => {
  const machine = await makeMachine();
  const { screen, clientPid, restored } = await inTerminal(
    machine,
    `screen report=${machine.path('report')} hang`,
  );
  while (screen.buffer.active.type !== 'alternate') await sleep(10);
  process.kill(clientPid, 'SIGKILL');
  expect(await restored()).toBe(137);
});

test.runIf(process.platform === 'linux')('so does a killed llmup, by its guard', async () => {
  const machine = await makeMachine();
  const { screen, clientPid, restored } = await inTerminal(
    machine,
    `screen report=${machine.path('report')} hang`,
  );
  while (screen.buffer.active.type !== 'alternate') await sleep(10);
  process.kill(await llmupPid(clientPid), 'SIGKILL');
  expect(await restored()).toBe(137);
  await gone(clientPid);
});

test('Ctrl-C is the client’s: it gets it once, from the terminal, and llmup stays', async () => {
  const machine = await makeMachine();
  const words = `note=${machine.path('signals')} report=${machine.path('report')} hang`;
  const { pty, clientPid, restored } = await inTerminal(machine, words);
  pty.write('\u0003');
  expect(await appeared(machine.path('signals'))).toBe('SIGINT\n');
  process.kill(clientPid, 'SIGKILL');
  expect(await restored()).toBe(137);
  expect(await readFile(machine.path('signals'), 'utf8')).toBe('SIGINT\n');
});
