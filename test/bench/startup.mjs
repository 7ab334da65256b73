// Start-up cost of commands beside `node -e 0`, in turn: node test/bench/startup.mjs [rounds]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { median } from './load.mjs';

const cli = path.join(import.meta.dirname, '../../dist/cli.js');
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
