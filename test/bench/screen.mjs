// What the screen costs, beside a bare PTY relay and, if its directory is given, the display's prototype:
// node test/bench/screen.mjs [--prototype DIR] [--rounds 3] [--only echo,repaint,…]
// CPU is of the process that draws, all its threads; the terminal is 200x50, read by this process and not shown.
import { spawn as start } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HiddenTerminal } from './hidden-terminal.mjs';
import { median, percentile } from './load.mjs';

const { values: options } = parseArgs({
  options: {
    prototype: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const cli = process.env.LLMUP_BENCH_CLI ?? path.join(import.meta.dirname, '../../dist/cli.js');
const parts = path.join(import.meta.dirname, 'screen-parts.mjs');
const rounds = Number(options.rounds);
const directory = mkdtempSync(path.join(tmpdir(), 'llmup-screen-'));
/** So that nothing of this machine's user is read or written. */
const home = { HOME: directory, LLMUP_HOME: directory };
process.on('exit', () => {
  probe.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** A provider that streams an event every 20 ms, as a quick model does, and times them on their way back. */
const probe = start(process.execPath, [parts, 'latency', '20'], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: probe.stdout })[Symbol.asyncIterator]();
const port = (await answers.next()).value;
const config = path.join(directory, 'llmup.yaml');
writeFileSync(
  config,
  `upstreams: { CHAT: { api_root: "http://127.0.0.1:${port}/v1", format: openai-completion, auth: none } }
model_aliases: { mock: "CHAT:mock" }
`,
);
const agent = path.join(directory, 'agent.sh');
writeFileSync(
  agent,
  `#!/bin/sh\ncase "$*" in --version) echo codex-cli 999.0.0; exit ;; esac\nexec '${process.execPath}' '${parts}' agent "$@"\n`,
  { mode: 0o755 },
);

const session = (...display) => [
  cli,
  'codex',
  '--config',
  config,
  '-m',
  'mock',
  '--client-bin',
  agent,
  ...display,
  '--',
];
/** What stands between the terminal and the program. */
const DISPLAYS = {
  relay: [parts, 'relay', agent],
  llmup: session('--layout', 'full'),
  'llmup, panels': session('--layout', 'right'),
  ...(options.prototype && {
    prototype: [path.join(options.prototype, 'src/app.mjs'), '--mode', 'b', '--layout', 'full', '--', agent],
    'prototype, panels': [path.join(options.prototype, 'src/app.mjs'), '--mode', 'b', '--', agent],
  }),
};
const MEASURES = { echo, repaint, idle, flood, latency, picker };
const only = options.only?.split(',') ?? Object.keys(MEASURES);
console.log(`node ${process.version}, ${rounds} rounds, medians of rounds; terminal 200x50`);
for (const name of only) await MEASURES[name]();
process.exit(0);

/** A key every 90 to 170 ms; milliseconds until it is on the terminal. With panels, a reply streams in them. */
async function echo() {
  for (const [name, line] of Object.entries(DISPLAYS)) {
    const p50 = [];
    const p99 = [];
    await everyRound(async () => {
      const { terminal, file, end } = await open(line, 'echo');
      await maybeStream(name, file);
      const delays = [];
      for (let key = 0; key < 100; key++) {
        await sleep(90 + (key % 9) * 10);
        const letter = String.fromCharCode(97 + (key % 26));
        const began = performance.now();
        const seen = terminal.until((text) => text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '').includes(letter));
        terminal.type(letter);
        await seen;
        delays.push(performance.now() - began);
      }
      p50.push(percentile(delays, 0.5));
      p99.push(percentile(delays, 0.99));
      await end();
    });
    print('echo', name, { 'p50 ms': median(p50), 'p99 ms': median(p99) });
  }
}

/** 60 frames, ten a second, in which every cell changes. */
async function repaint() {
  for (const name of Object.keys(DISPLAYS).filter((one) => !one.includes('panels'))) {
    const cpu = [];
    await everyRound(async () => {
      const { terminal, end, told } = await open(DISPLAYS[name], 'repaint');
      await sleep(1000);
      const before = terminal.cpu();
      terminal.type('g');
      await told();
      cpu.push(((terminal.cpu() - before) * 1000) / 60);
      await end();
    });
    print('repaint', name, { 'CPU ms/frame': median(cpu) });
  }
}

/** Nobody types; in the panels a reply streams. */
async function idle() {
  for (const name of Object.keys(DISPLAYS)) {
    const load = [];
    const main = [];
    await everyRound(async () => {
      const { terminal, file, end } = await open(DISPLAYS[name], 'echo');
      await maybeStream(name, file);
      await sleep(1000);
      const before = [terminal.cpu(), terminal.cpu('main')];
      await sleep(5000);
      load.push((terminal.cpu() - before[0]) * 20);
      main.push((terminal.cpu('main') - before[1]) * 20);
      await end();
    });
    print('idle', name, { '% of a core': median(load), 'its main thread': median(main) });
  }
}

/** `seq 1 2000000`, until the program has got rid of it. */
async function flood() {
  for (const name of Object.keys(DISPLAYS)) {
    const wall = [];
    const cpu = [];
    await everyRound(async () => {
      const { terminal, end, told } = await open(DISPLAYS[name], 'seq', '');
      let used = 0;
      const watch = setInterval(() => {
        used = Math.max(used, terminal.cpu());
      }, 20);
      wall.push((await told()).ms / 1000);
      clearInterval(watch);
      cpu.push(used);
      await end();
    });
    print('flood', name, { seconds: median(wall), 'CPU s': median(cpu) });
  }
}

/** Milliseconds that an event of a reply is under way through the proxy, while the agent floods its terminal. */
async function latency() {
  for (const [name, line, deed] of [
    ['no display, quiet', session('--display', 'inherit'), 'echo'],
    ['no display, flood', session('--display', 'inherit'), 'flood'],
    ['panels, flood', DISPLAYS['llmup, panels'], 'flood'],
  ]) {
    const p50 = [];
    const p99 = [];
    await everyRound(async () => {
      const { file, end } = await open(line, deed, '');
      await sleep(1500);
      const timed = await ask(file, 4000);
      p50.push(timed.p50);
      p99.push(timed.p99);
      await end();
    });
    print('proxy', name, { 'p50 ms': median(p50), 'p99 ms': median(p99) });
  }
}

/** From the start of the program to a picture on the terminal. */
async function picker() {
  for (const [name, line] of [
    ['node -e', ['-e', 'process.stdout.write("Preset"); setInterval(() => {}, 1000)']],
    ['llmup', [cli]],
  ]) {
    const wall = [];
    const cpu = [];
    await everyRound(async () => {
      const began = performance.now();
      const terminal = new HiddenTerminal(line, home);
      await terminal.until((text) => text.includes('Preset'));
      wall.push(performance.now() - began);
      cpu.push(terminal.cpu() * 1000);
      await terminal.end();
    });
    print('picker', name, { 'first frame ms': median(wall), 'CPU ms': median(cpu) });
  }
}

/** Starts the agent behind a display, and waits until it can be seen. */
async function open(line, deed, ready = 'ready') {
  const file = path.join(directory, `told-${Math.random().toString(36).slice(2)}`);
  const terminal = new HiddenTerminal([...line, `${deed}=${file}`], home);
  if (ready) await terminal.until((text) => text.includes(ready));
  const told = async () => {
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(5);
    return JSON.parse(readFileSync(file, 'utf8'));
  };
  return { terminal, file, told, end: () => terminal.end() };
}

/** Has a reply stream through llmup's proxy for the rest of a measurement; the prototype makes up its own. */
async function maybeStream(name, file) {
  if (name !== 'llmup, panels') return;
  const rest = ask(file, 60_000);
  rest.catch(() => {});
  await sleep(300);
}

/** Has a reply streamed through the proxy of a session, and timed. */
async function ask(file, ms) {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(5);
  const { baseUrl, key } = JSON.parse(readFileSync(file, 'utf8'));
  probe.stdin.write(`${baseUrl} ${key} ${ms}\n`);
  return JSON.parse((await answers.next()).value);
}

async function everyRound(measure) {
  for (let round = 0; round < rounds; round++) await measure();
}

function print(what, name, figures) {
  const cells = Object.entries(figures).map(([unit, value]) => `${unit} ${value?.toFixed(2)}`.padEnd(24));
  console.log(`${what.padEnd(9)}${name.padEnd(20)}${cells.join('')}`);
}
