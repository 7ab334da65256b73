// What an exchange costs: llmup beside a bare pass-through, in turn within one run. Linux only (/proc, taskset).
//   npm run bench -- [--routes chat>chat,responses>chat] [--workloads paced,burst] [--rounds 5] [--scale 1] [--json FILE]
// Trust the ratios of CPU, not the wall clock: three processes share two cores.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median, runLoad } from './load.mjs';

const HERE = import.meta.dirname;
const CLI = process.env.LLMUP_BENCH_CLI ?? path.join(HERE, '../../dist/cli.js');
const KEY = 'bench-local-key';

const WORKLOADS = {
  paced: { model: 'mock-100x8-d20-b1', stream: true, bytes: 0, concurrency: 50, requests: 100, rampMs: 1000 },
  burst: { model: 'mock-1000x8-d0-b20', stream: true, bytes: 0, concurrency: 8, requests: 60 },
  stream: { model: 'mock-200x8-d0-b1', stream: true, bytes: 0, concurrency: 16, requests: 160 },
  unary: { model: 'mock-100x8-d0-b1', stream: false, bytes: 0, concurrency: 16, requests: 600 },
  agent: { model: 'mock-50x8-d0-b1', stream: true, bytes: 60_000, concurrency: 16, requests: 300 },
  body500k: { model: 'mock-5x8-d0-b1', stream: false, bytes: 500_000, concurrency: 4, requests: 80 },
  body2m: { model: 'mock-5x8-d0-b1', stream: false, bytes: 2_000_000, concurrency: 4, requests: 30 },
  many: { model: 'mock-20x8-d250-b1', stream: true, bytes: 0, concurrency: 500, requests: 500, rampMs: 2000 },
};

const { values: options } = parseArgs({
  options: {
    routes: { type: 'string', default: 'chat>chat,responses>responses,responses>chat,chat>responses' },
    workloads: { type: 'string', default: Object.keys(WORKLOADS).join(',') },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const scale = Number(options.scale);
const directory = mkdtempSync(path.join(tmpdir(), 'llmup-bench-'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

pin(process.pid, '0');
const mockPort = await freePort();
const mockUrl = `http://127.0.0.1:${mockPort}`;
await launch('0', mockPort, [path.join(HERE, 'mock-upstream.mjs'), String(mockPort)]);

const passPort = await freePort();
const pass = await launch('1', passPort, [path.join(HERE, 'passthrough.mjs'), String(passPort), mockUrl]);
const llmupPort = await freePort();
const config = path.join(directory, 'llmup.yaml');
writeFileSync(
  config,
  `listen: 127.0.0.1:${llmupPort}
data_auth: { mode: proxy_key, proxy_key: { env: BENCH_LOCAL_KEY } }
upstreams:
  CHAT: { api_root: "${mockUrl}/v1", format: openai-completion, auth: none }
  RESPONSES: { api_root: "${mockUrl}/v1", format: openai-responses, auth: none }
`,
);
const llmup = await launch('1', llmupPort, [CLI, 'serve', '--config', config, '--record', 'off'], {
  BENCH_LOCAL_KEY: KEY,
  LLMUP_HOME: directory,
});

const results = [];
for (const route of options.routes.split(',')) {
  for (const workload of options.workloads.split(',')) {
    const cell = await measure(route, workload);
    results.push(cell);
    print(cell);
  }
}
if (options.json)
  writeFileSync(options.json, JSON.stringify({ node: process.version, rounds, scale, results }, null, 1));
process.exit(results.some((cell) => cell.errors.length > 0) ? 1 : 0);

async function measure(route, workload) {
  const [entry, upstream] = route.split('>');
  const targets = [
    {
      name: 'pass-through',
      pid: pass.pid,
      url: `http://127.0.0.1:${passPort}`,
      model: (name) => name,
      headers: {},
    },
    {
      name: 'llmup',
      pid: llmup.pid,
      url: `http://127.0.0.1:${llmupPort}/openai`,
      model: (name) => `${upstream.toUpperCase()}:${name}`,
      headers: { authorization: `Bearer ${KEY}` },
    },
  ];
  const spec = WORKLOADS[workload];
  const samples = new Map(targets.map((target) => [target.name, []]));
  const errors = [];
  for (let round = -1; round < rounds; round++) {
    for (const target of round % 2 ? targets : [...targets].reverse()) {
      const requests = Math.max(spec.concurrency, Math.round(spec.requests * scale * (round < 0 ? 0.3 : 1)));
      const rss = watchRss(target.pid);
      const before = cpuSeconds(target.pid);
      const load = await runLoad({
        ...spec,
        requests,
        url: target.url,
        protocol: entry,
        model: target.model(spec.model),
        headers: target.headers,
      });
      const cpu = cpuSeconds(target.pid) - before;
      errors.push(...load.errors.map((error) => `${target.name}: ${error}`));
      if (round >= 0) samples.get(target.name).push({ ...load, cpu: (cpu / requests) * 1000, rss: rss() });
    }
  }
  const rows = targets.map(({ name }) => {
    const list = samples.get(name);
    const of = (key) => median(list.map((sample) => sample[key]));
    return {
      name,
      cpu: of('cpu'),
      cpuMin: Math.min(...list.map((sample) => sample.cpu)),
      perSecond: of('perSecond'),
      firstDelta: of('firstDelta'),
      deltaAge: of('deltaAge'),
      rss: Math.max(...list.map((sample) => sample.rss)),
    };
  });
  return { route, workload, rows, errors };
}

function print({ route, workload, rows, errors }) {
  const [anchor, own] = rows;
  const show = (value, digits = 2) =>
    value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
  console.log(
    `${route.padEnd(20)} ${workload.padEnd(9)} CPU x${show(own.cpu / anchor.cpu)} (min x${show(own.cpuMin / anchor.cpuMin)})` +
      `  ${show(own.cpu)} s/1k  req/s x${show(own.perSecond / anchor.perSecond)}` +
      `  +TTFT ${show(own.firstDelta - anchor.firstDelta)} ms  +delta ${show(own.deltaAge - anchor.deltaAge)} ms` +
      `  RSS ${show(own.rss, 0)} MB (anchor ${show(anchor.rss, 0)})  errors ${errors.length}${errors[0] ? ` ${errors[0]}` : ''}`,
  );
}

/** Time that all threads have run so far, in seconds; `stat` counts it in hundredths, which is too coarse. */
function cpuSeconds(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1e9;
  }, 0);
}

/** Samples a process's resident memory; the returned function ends that and gives the peak in MB. */
function watchRss(pid) {
  let peak = 0;
  const look = () => {
    const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    peak = Math.max(peak, Number(found?.[1] ?? 0) / 1024);
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

function pin(pid, cpu) {
  execFileSync('taskset', ['-acp', cpu, String(pid)], { stdio: 'ignore' });
}

async function launch(cpu, port, args, env = {}) {
  const child = spawn('taskset', ['-c', cpu, process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.push(child);
  for (let tries = 0; tries < 200; tries++) {
    if (await connects(port)) return child;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${args[0]} did not start`);
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
