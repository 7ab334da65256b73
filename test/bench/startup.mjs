// Start-up cost of commands beside `node -e 0`, and of a session up to its client's start beside an empty script that
// starts the same program; in turn: node test/bench/startup.mjs [rounds]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './load.mjs';

const cli = process.env.LLMUP_BENCH_CLI ?? path.join(import.meta.dirname, '../../dist/cli.js');
const rounds = Number(process.argv[2] ?? 15);
const commands = {
  'node -e 0': ['-e', '0'],
  'llmup --help': [cli, '--help'],
  'llmup --version': [cli, '--version'],
};
const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, { cpu: [], wall: [] }]));

for (let round = -1; round < rounds; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const { cpu, wall } = run(args);
    if (round >= 0) {
      samples[name].cpu.push(cpu);
      samples[name].wall.push(wall);
    }
  }
}
const base = samples['node -e 0'];
for (const [name, { cpu, wall }] of Object.entries(samples)) {
  const ratio = (key, list) => (median(list) / median(base[key])).toFixed(2);
  console.log(
    `${name.padEnd(16)} CPU ${median(cpu).toFixed(0)} ms (x${ratio('cpu', cpu)}, min x${(Math.min(...cpu) / Math.min(...base.cpu)).toFixed(2)})  wall ${median(wall).toFixed(0)} ms (x${ratio('wall', wall)})`,
  );
}

const directory = mkdtempSync(path.join(tmpdir(), 'llmup-startup-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const client = path.join(directory, 'client.sh');
const noted = path.join(directory, 'noted');
const config = path.join(directory, 'llmup.yaml');
// Notes when it was started, and what its parent's main thread had cost by then (/proc/PID/schedstat).
writeFileSync(
  client,
  `#!/bin/sh
case "$*" in
*--version*) echo codex-cli 999.0.0 ;;
*) read cpu rest < /proc/$PPID/schedstat; echo "$cpu $(date +%s%N)" > '${noted}' ;;
esac
`,
  { mode: 0o755 },
);
writeFileSync(
  config,
  `upstreams:
  CHAT: { api_root: "http://127.0.0.1:9/v1", format: openai-completion, auth: none }
model_aliases:
  mock: CHAT:mock
`,
);
const starters = {
  'an empty script': [
    '-e',
    `require('node:child_process').spawn(${JSON.stringify(client)}, ['exec'], { stdio: 'inherit' })`,
  ],
  'llmup codex': [cli, 'codex', '--config', config, '-m', 'mock', '--client-bin', client, '--', 'exec', 'hi'],
};
const starts = Object.fromEntries(Object.keys(starters).map((name) => [name, { cpu: [], wall: [] }]));
for (let round = -1; round < rounds; round++) {
  for (const [name, args] of Object.entries(starters)) {
    const { cpu, wall } = untilClient(args);
    if (round < 0) continue;
    starts[name].cpu.push(cpu);
    starts[name].wall.push(wall);
  }
}
const empty = starts['an empty script'];
for (const [name, { cpu, wall }] of Object.entries(starts)) {
  const more = (list, other) =>
    `${median(list).toFixed(0)} ms (${(median(list) - median(other)).toFixed(0)} more, by minima ${(Math.min(...list) - Math.min(...other)).toFixed(0)})`;
  console.log(
    `to the client's start: ${name.padEnd(16)} CPU ${more(cpu, empty.cpu)}  wall ${more(wall, empty.wall)}`,
  );
}

/** What it took until the client ran, in ms. */
function untilClient(args) {
  const began = performance.timeOrigin + performance.now();
  const run = spawnSync(process.execPath, args, {
    input: '',
    encoding: 'utf8',
    env: { ...process.env, LLMUP_HOME: directory, HOME: directory },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const [cpu, at] = readFileSync(noted, 'utf8').split(' ').map(Number);
  return { cpu: cpu / 1e6, wall: at / 1e6 - began };
}

/** Runs one command through `times`, which reports its children's CPU. */
function run(args) {
  const began = performance.now();
  const shell = spawnSync('sh', ['-c', '"$0" "$@" >/dev/null; times', process.execPath, ...args], {
    encoding: 'utf8',
  });
  const wall = performance.now() - began;
  const line = shell.stdout.trim().split('\n').at(-1) ?? '';
  const cpu = [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
  return { cpu: cpu * 1000, wall };
}
