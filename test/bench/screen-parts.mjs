// The programs that screen.mjs measures with: `agent`, which runs in a pane; `relay`, the least that can stand between
// a terminal and a program; `latency`, a provider and its client in one process, so that one clock times both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { percentile } from './load.mjs';

const [part, ...args] = process.argv.slice(2);
await { agent, relay, latency }[part](args);

/** Does what its last argument says: `deed=file`. The file gets what it found, or its timings when it is done. */
async function agent(words) {
  const [deed, file] = words.at(-1).split('=');
  const baseUrl = /base_url="([^"]*)"/.exec(words.join(' '))?.[1];
  process.stdin.setRawMode(true);
  const note = (value) => writeFileSync(file, JSON.stringify(value));
  switch (deed) {
    case 'echo':
      note({ baseUrl, key: process.env.LLMUP_PROXY_KEY });
      process.stdin.on('data', (bytes) => process.stdout.write(bytes));
      process.stdout.write('ready\r\n');
      break;
    case 'repaint': {
      process.stdin.once('data', async () => {
        for (let frame = 0; frame < 60; frame++) {
          process.stdout.write(colouredFrame(frame));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        note({ frames: 60 });
      });
      process.stdout.write('ready\r\n');
      break;
    }
    case 'seq': {
      const began = performance.now();
      const seq = spawn('seq', ['1', '2000000'], { stdio: ['ignore', 'inherit', 'inherit'] });
      await once(seq, 'exit');
      note({ ms: performance.now() - began });
      process.exit(0);
      break;
    }
    case 'flood': {
      note({ baseUrl, key: process.env.LLMUP_PROXY_KEY });
      const lines = 'a line of a flood that never ends\r\n'.repeat(400);
      const more = () => process.stdout.write(lines, () => setImmediate(more));
      more();
      break;
    }
  }
}

/** A frame in which every cell differs from the last one, with a new colour every four cells. */
function colouredFrame(number) {
  const { columns, rows } = process.stdout;
  let out = '\x1b[?2026h';
  for (let y = 0; y < rows; y++) {
    out += `\x1b[${y + 1};1H`;
    for (let x = 0; x < columns; x++) {
      if (x % 4 === 0)
        out += `\x1b[38;2;${(x + number * 7) % 256};${(y * 5) % 256};${(number * 13) % 256};48;2;${(y + number) % 64};0;${x % 64}m`;
      out += String.fromCharCode(97 + ((x + y + number) % 26));
    }
  }
  return `${out}\x1b[0m\x1b[?2026l`;
}

/** `program args…` in a PTY of its own, byte by byte. */
async function relay([program, ...rest]) {
  const { spawn: open } = await import('@lydell/node-pty');
  const { stdin, stdout } = process;
  const size = { cols: stdout.columns, rows: stdout.rows };
  const pty = open(program, rest, { name: 'xterm-256color', ...size, env: process.env, encoding: null });
  stdin.setRawMode(true);
  stdin.on('data', (bytes) => pty.write(bytes));
  pty.onData((bytes) => {
    if (stdout.write(bytes)) return;
    pty.pause();
    stdout.once('drain', () => pty.resume());
  });
  pty.onExit(({ exitCode }) => process.exit(exitCode));
}

/** Serves Chat streams with an event every `pace` ms; a line `url key ms` on stdin asks for one through a proxy. */
async function latency([pace]) {
  const chunk = (delta, finish = null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const server = createServer((incoming, response) => {
    incoming.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: '' }));
    const timer = setInterval(
      () => response.write(chunk({ content: `@${performance.now()}@ and a few words ` })),
      Number(pace),
    );
    response.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(server.address().port);
  for await (const line of createInterface({ input: process.stdin })) {
    const [url, key, ms] = line.split(' ');
    const delays = [];
    const reply = await fetch(`${url}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'mock', input: 'hello', stream: true, store: false }),
    });
    const end = performance.now() + Number(ms);
    const decoder = new TextDecoder();
    try {
      for await (const bytes of reply.body) {
        const now = performance.now();
        for (const [, sent] of decoder.decode(bytes, { stream: true }).matchAll(/delta":"[^"]*@([\d.]+)@/g))
          delays.push(now - Number(sent));
        if (now > end) break;
      }
    } catch {
      // The session has ended, and its proxy with it.
    }
    console.log(
      JSON.stringify({ n: delays.length, p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) }),
    );
  }
}
