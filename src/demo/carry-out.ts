import type { Move } from './dialogue.ts';
import type { Task } from './task.ts';
import type { ToolResult } from './tool-result.ts';
import { quoted, type Toolbox } from './toolbox.ts';

type Order = Exclude<Task, { readonly kind: 'question' }>;
type WriteOrder = Extract<Task, { readonly kind: 'write' }>;

/** Lines of a tool's output that a report repeats. */
const MAX_LINES = 20;

/** The next step towards what the user ordered, given what the steps so far brought. */
export function carryOut(order: Order, toolbox: Toolbox, results: readonly ToolResult[]): Move {
  switch (order.kind) {
    case 'write':
      return writeFile(order, toolbox, results);
    case 'write-outside':
      return decline(
        `I write files below the directory that your agent works in, and \`${order.file}\` is somewhere else. A plain name such as \`hello.txt\` will do.`,
      );
    case 'run':
      return runCommand(order.command, toolbox, results);
    case 'run-refused':
      return decline(
        `I will not run \`${order.command}\`. As the demo model I run only what cannot harm: ls, cat (of files here), pwd, date, echo, uname and git status, one at a time and without pipes.`,
      );
  }
}

/** Looks first, then writes, then looks again: never over a file that was there, and nothing claimed unseen. */
function writeFile(order: WriteOrder, toolbox: Toolbox, results: readonly ToolResult[]): Move {
  const { write, run } = toolbox;
  if (!write) return decline(withoutTools(`write \`${order.file}\``));
  if (!run) return writeUnseen(order, write, results);
  const { file, content } = order;
  const [before, written, after] = results;
  if (!before)
    return {
      reasoning: `**Looking before writing**\n\nThe user wants the file ${file}. I look whether it exists, so as not to write over it.`,
      text: `I look whether \`${file}\` is there already, then I write it.`,
      call: run(`ls -l ${quoted(file)} 2>/dev/null || echo ${quoted(FREE)}`),
    };
  if (!before.ok) return report(`I could not look for \`${file}\`, so I wrote nothing.`, before);
  if (!before.output.includes(FREE) && !order.overwrite)
    return report(
      `\`${file}\` is there already, and I did not touch it. Say "overwrite ${file}" if you want me to.`,
      before,
    );
  if (!written)
    return {
      reasoning: `**Writing ${file}**\n\nNothing is in the way. I write the file now.`,
      text: '',
      call: write(file, content),
    };
  if (!written.ok) return report(`I could not write \`${file}\`.${remedy(written)}`, written);
  if (!after)
    return {
      reasoning: `**Checking ${file}**\n\nThe tool says that it is written. I look at what is really there.`,
      text: '',
      call: run(`ls -l ${quoted(file)} && cat ${quoted(file)}`),
    };
  if (!after.ok) return report(`The tool said that it wrote \`${file}\`, but I cannot find it.`, after);
  return report(`Done: \`${file}\` is written. This is what I found there:`, after);
}

/** What the first command prints when there is no such file. */
const FREE = 'no such file yet';

/** Without a way to run commands there is nothing to look with; the tool's own answer is all there is. */
function writeUnseen(
  { file, content }: WriteOrder,
  write: NonNullable<Toolbox['write']>,
  results: readonly ToolResult[],
): Move {
  const [written] = results;
  if (!written)
    return {
      reasoning: `**Writing ${file}**\n\nThe user wants the file ${file}. I have a tool for that.`,
      text: `I write \`${file}\`.`,
      call: write(file, content),
    };
  return written.ok
    ? report(`Done: \`${file}\` is written. The tool reports:`, written)
    : report(`I could not write \`${file}\`.${remedy(written)}`, written);
}

function runCommand(command: string, { run }: Toolbox, results: readonly ToolResult[]): Move {
  if (!run) return decline(withoutTools(`run \`${command}\``));
  const [result] = results;
  if (!result)
    return {
      reasoning: `**Running ${command}**\n\nA harmless command. I run it and report what it prints.`,
      text: `I run \`${command}\`.`,
      call: run(command),
    };
  if (!result.ok) return report(`\`${command}\` failed.`, result);
  return result.output === ''
    ? report(`\`${command}\` ran, and printed nothing.`, result)
    : report(`\`${command}\` printed:`, result);
}

/** What the user can do about the failure that an isolated agent meets most. */
function remedy({ output }: ToolResult): string {
  return /read-only/i.test(output)
    ? ' Your agent runs in a read-only sandbox; with `--sandbox workspace-write` it may write here.'
    : '';
}

function report(sentence: string, { ok, output }: ToolResult): Move {
  const reasoning = ok
    ? '**Summing up**\n\nThe tools have answered. I tell the user what they brought.'
    : '**Summing up**\n\nThat did not work. I tell the user what happened, as it is.';
  return { reasoning, text: output === '' ? sentence : `${sentence}\n\n${fenced(output)}` };
}

function fenced(output: string): string {
  const lines = output.split('\n');
  const rest = lines.length - MAX_LINES;
  const shown = [...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`… ${rest} more lines`] : [])].join('\n');
  const fence = shown.includes('```') ? '````' : '```';
  return `${fence}\n${shown}\n${fence}`;
}

function decline(text: string): Move {
  return { reasoning: '**Thinking it over**\n\nI cannot do that here. I say why, and what would do.', text };
}

function withoutTools(job: string): string {
  return `You gave me no tool with which I could ${job}. Inside an agent such as Codex I would use its tools: try \`llmup demo codex\`.`;
}
