// A client in a terminal: says what it was given, takes one line from the keyboard, asks the model that, and ends.
import { createInterface } from 'node:readline';

const args = process.argv.slice(2);
if (args.includes('--version')) {
  console.log('codex-cli 0.169.0');
  process.exit(0);
}

const settings = args.filter((_, index) => args[index - 1] === '-c');
const setting = (key) => settings.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
const baseUrl = /base_url="([^"]*)"/.exec(setting('model_providers.llmup'))[1];
const model = JSON.parse(setting('model'));

// The keyboard is taken first: what was typed in the line mode before would be read by other rules.
const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
console.log(
  `agent on ${model}, secrets: ${Object.keys(process.env).filter((name) => /^PRESET_/.test(name))}`,
);
lines.prompt();
for await (const line of lines) {
  const response = await fetch(`${baseUrl}/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env.LLMUP_PROXY_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, input: line, stream: false, store: false }),
  });
  const reply = await response.json();
  console.log(reply.output?.map((item) => item.content?.map(({ text }) => text)).join('') ?? reply.error);
  break;
}
process.exit(7);
