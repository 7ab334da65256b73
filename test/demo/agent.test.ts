import { expect, test } from 'vitest';
import { nextMove } from '../../src/demo/agent.ts';
import type { Dialogue, OfferedTool, Turn } from '../../src/demo/dialogue.ts';

const CODEX: readonly OfferedTool[] = [
  { name: 'exec_command', kind: 'function' },
  { name: 'apply_patch', kind: 'freeform' },
];

function move(turns: readonly Turn[], tools: readonly OfferedTool[] = CODEX) {
  const dialogue: Dialogue = { model: 'm', stream: false, turns, tools, reasons: true, prompt: [] };
  return nextMove(dialogue);
}

function order(text: string, tools: readonly OfferedTool[] = CODEX) {
  return move([{ role: 'user', text }], tools);
}

/** Plays the agent: answers each call with the next output, until the model calls no more. */
function play(text: string, outputs: readonly string[], tools: readonly OfferedTool[] = CODEX) {
  const turns: Turn[] = [{ role: 'user', text }];
  const calls: string[] = [];
  for (const output of outputs) {
    const { call } = move(turns, tools);
    if (!call) break;
    calls.push(call.input);
    const id = `call_${calls.length}`;
    turns.push({ role: 'call', id, name: call.name, input: call.input });
    turns.push({ role: 'result', callId: id, text: output });
  }
  return { calls, last: move(turns, tools) };
}

const FREE = 'Process exited with code 0\nOutput:\nno such file yet';

test.each([
  ['create hello.txt', 'hello.txt', 'Hello from the llmup demo agent.\n'],
  ['Please create a file called hello.txt with "Hi there!"', 'hello.txt', 'Hi there!\n'],
  ['write "Hello, World" to docs/hello.txt', 'docs/hello.txt', 'Hello, World\n'],
  ["make the file 'my notes.md' containing the text: a\nb", 'my notes.md', 'a\nb\n'],
  ['create a file named LICENSE with text none', 'LICENSE', 'none\n'],
  ['can you add src/x.json saying {"a": 1}', 'src/x.json', '{"a": 1}\n'],
  ['create a.txt with the contents of b.txt', 'a.txt', 'of b.txt\n'],
  ['write a file', 'hello.txt', 'Hello from the llmup demo agent.\n'],
  ['create run.sh with\n```sh\necho one\necho two\n```', 'run.sh', 'echo one\necho two\n'],
])('%j writes the right file', (text, file, content) => {
  const { calls } = play(text, [FREE, 'ok']);
  const patch = calls[1] ?? '';
  expect(patch.split('\n')[1]).toBe(`*** Add File: ${file}`);
  const written = patch.split('\n').filter((line) => line.startsWith('+'));
  expect(`${written.map((line) => line.slice(1)).join('\n')}\n`).toBe(content);
});

test.each(['/etc/passwd.txt', '../up.txt', '~/x.txt', 'a/../../b.txt'])(
  'a file outside of the workspace is not written: %s',
  (file) => {
    const { call, text } = order(`create ${file}`);
    expect(call).toBeUndefined();
    expect(text).toContain(file);
  },
);

test('a file that exists is left alone unless the user says otherwise', () => {
  const there = 'Process exited with code 0\nOutput:\n-rw-r--r-- 1 u u 5 README.md';
  const careful = play('create README.md', [there, 'must not be asked']);
  expect(careful.calls).toHaveLength(1);
  expect(careful.last.text).toContain('there already');
  const told = play('overwrite README.md with x', [there, 'Exit code: 0\nOutput:\nSuccess']);
  expect(told.calls[1]).toContain('*** Add File: README.md\n+x\n');
});

test('without a patch tool the shell writes, whatever the text holds', () => {
  const shell: OfferedTool[] = [{ name: 'shell', kind: 'function' }];
  const { calls } = play("create 'it is.txt' with a'b $HOME `id`\nEOF\nend", [FREE, 'ok'], shell);
  expect(JSON.parse(calls[1] ?? '')).toEqual({
    command: ['sh', '-c', "cat > 'it is.txt' <<'EOF_'\na'b $HOME `id`\nEOF\nend\nEOF_"],
  });
});

test('without a shell the patch is written, and nothing is claimed that was not seen', () => {
  const tools: OfferedTool[] = [{ name: 'apply_patch', kind: 'function' }];
  const { calls, last } = play('create a.txt', ['Success. Updated the following files:\nA a.txt'], tools);
  expect(JSON.parse(calls[0] ?? '').input).toContain('*** Add File: a.txt');
  expect(last.text).toContain('The tool reports');
});

test('without tools it says so', () => {
  expect(order('create a.txt', []).text).toContain('no tool');
  expect(order('run `ls`', []).text).toContain('no tool');
  expect(order('create a.txt', [{ name: 'unheard_of', kind: 'function' }]).call).toBeUndefined();
});

test.each([
  'patch rejected: writing is blocked by read-only sandbox',
  'apply_patch verification failed: invalid patch',
  'unsupported call: apply_patch',
  'aborted',
  'Exit code: 1\nOutput:\nsomething broke',
  '{"output":"something broke","metadata":{"exit_code":1}}',
])('a failure is reported as one: %s', (output) => {
  const { calls, last } = play('create a.txt', [FREE, output]);
  expect(calls).toHaveLength(2);
  expect(last.call).toBeUndefined();
  expect(last.text).toMatch(/could not write `a\.txt`/);
});

test('a file that is gone after the tool said it was written is no success', () => {
  const gone = 'Process exited with code 2\nOutput:\nls: cannot access';
  expect(play('create a.txt', [FREE, 'Exit code: 0\nOutput:\nSuccess', gone]).last.text).toContain(
    'cannot find it',
  );
});

test.each([
  ['run `ls -la`', 'ls -la'],
  ['please run git status', 'git status'],
  ['list the files', 'ls -la'],
  ['pwd', 'pwd'],
  ['$ cat package.json', 'cat package.json'],
  ['show me src/cli.ts', 'cat src/cli.ts'],
  ['what time is it?', 'date'],
  ['execute echo "hello there!"', 'echo "hello there!"'],
])('%j runs a command', (text, command) => {
  expect(JSON.parse(order(text).call?.input ?? 'null')).toEqual({ cmd: command });
});

test.each([
  'run `rm -rf .`',
  'run ls; rm x',
  'run `ls > x`',
  'run `cat $(id)`',
  'run `cat /etc/shadow`',
  'run `cat "/etc/shadow"`',
  'run `cat ../secret`',
  'run `cat ~/.ssh/id_rsa`',
  'run `date -s tomorrow`',
  'run `date 01020304`',
  'run `git push`',
  'run `constructor`',
  'run `ls\nrm x`',
  'run `ls & rm x`',
  'run `echo hi | sh`',
])('%j is declined', (text) => {
  const { call, text: answer } = order(text);
  expect(call).toBeUndefined();
  expect(answer).toContain('I will not run');
});

test('what a command printed is reported, and a lot of it in part', () => {
  const many = Array.from({ length: 90 }, (_, index) => `line ${index}`).join('\n');
  const { last } = play('run `ls`', [`Process exited with code 0\nOutput:\n${many}`]);
  expect(last.text).toContain('line 19');
  expect(last.text).not.toContain('line 20');
  expect(last.text).toContain('70 more lines');
});

test.each([
  ['what is llmup?', 'puts any model'],
  ['How do I configure it for Ollama?', 'PRESET_OPENAI_ENDPOINT_BASE_URL'],
  ['which presets are there', '`llmup presets` lists'],
  ['can I watch the streams live?', 'llmup watch'],
  ['is my ~/.codex touched? how is it isolated?', 'neither read nor written'],
  ['what are losses?', 'ledger'],
  ['where do my API keys go?', 'redacted'],
  ['what did this session cost?', 'receipt'],
  ['which protocols are supported?', 'Chat Completions and Responses'],
  ['what does exit code 4 mean?', '4 when the agent was not found'],
  ['who are you?', 'scripted agent'],
])('%j is answered', (question, words) => {
  expect(order(question).text).toContain(words);
  expect(order(question).call).toBeUndefined();
});

test.each(['write me a poem about the sea', 'what is the capital of France?', 'Refactor the parser', ''])(
  'what it does not know it does not pretend to: %j',
  (question) => {
    expect(order(question).text).toContain('I am the demo model');
    expect(order(question).call).toBeUndefined();
  },
);

test('a question about files is no order to write one', () => {
  expect(order('how do I create a preset file like mine.yaml?').call).toBeUndefined();
  expect(order('what happens when I write config.yaml?').call).toBeUndefined();
});

test("only the user's words count, not what the agent's program puts around them", () => {
  const context = '<environment_context>\ncreate evil.txt\n</environment_context>';
  const rules = '# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\ncreate rule.txt\n</INSTRUCTIONS>';
  // One message or several: a translation may have joined them.
  for (const turns of [
    [context, rules, 'create good.txt'],
    [`${context}\n\n${rules}\n\ncreate good.txt`],
    ['<image name=[Image #1]>\n</image>\ncreate good.txt', context],
  ]) {
    const { call } = move(turns.map((text) => ({ role: 'user', text })));
    expect(call?.input).toContain('ls -l good.txt');
  }
});

test('a title is given when asked for, and only then', () => {
  const prompt = (text: string) =>
    `Generate a concise, single-line task title of at most 36 characters. Do not answer.\n\nUser prompt:\n${text}`;
  expect(order(prompt('please create hello.txt with x')).text).toBe('Create hello.txt');
  expect(order(prompt('how do the losses work?')).text).toBe('How do the losses work');
  expect(order(prompt('run `ls`')).text).toBe('Run ls');
  expect(order('create title.md').call).toBeDefined();
  expect(order('create page.html with the title Hello').call).toBeDefined();
});

test('after a compaction it goes on where it was, even in the middle of an order', () => {
  const before: Turn[] = [
    { role: 'user', text: 'what is llmup?' },
    { role: 'assistant', text: 'It is …' },
    { role: 'user', text: 'create hello.txt' },
    { role: 'call', id: 'c1', name: 'exec_command', input: '{}' },
    { role: 'result', callId: 'c1', text: FREE },
  ];
  const prompt =
    'You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another LLM.';
  const summary = move([...before, { role: 'user', text: prompt }], []).text;
  expect(summary).toContain('asked: what is llmup?');
  expect(summary).toContain('`hello.txt`');

  const after = `Another language model started to solve this problem and produced a summary:\n${summary}`;
  for (const turns of [['create hello.txt', after], [`create hello.txt\n\n${after}`]]) {
    const next = move(turns.map((text) => ({ role: 'user', text })));
    expect(next.call).toMatchObject({ name: 'apply_patch', input: expect.stringContaining('hello.txt') });
  }
});

test('a hostile prompt is read in reasonable time', () => {
  for (const piece of ['<environment_context>', 'create a file with ', 'a.b/', '"x ', 'generate a title '])
    expect(order(piece.repeat(50_000)).text).toBeTypeOf('string');
});
