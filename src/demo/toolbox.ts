import type { OfferedTool, ToolUse } from './dialogue.ts';

/** What the agent can do with the tools it was offered. An absent ability is one that no offered tool gives. */
export interface Toolbox {
  /** Creates a text file or replaces it. */
  readonly write?: (file: string, content: string) => ToolUse;
  /** Runs a command line in a POSIX shell. */
  readonly run?: (command: string) => ToolUse;
}

/** A tool that the agent knows how to use: the input it takes for a job. */
interface KnownTool<Job extends readonly string[]> {
  readonly name: string;
  readonly kind: OfferedTool['kind'];
  readonly input: (...job: Job) => string;
}

/** By preference. Agents name their tools differently; a new agent's tools are new rows. */
const RUNNERS: readonly KnownTool<[command: string]>[] = [
  { name: 'exec_command', kind: 'function', input: (cmd) => JSON.stringify({ cmd }) },
  { name: 'shell_command', kind: 'function', input: (command) => JSON.stringify({ command }) },
  { name: 'shell', kind: 'function', input: (command) => JSON.stringify({ command: ['sh', '-c', command] }) },
];

const WRITERS: readonly KnownTool<[file: string, content: string]>[] = [
  { name: 'apply_patch', kind: 'freeform', input: addFilePatch },
  // The same tool as a client without freeform tools has it.
  {
    name: 'apply_patch',
    kind: 'function',
    input: (file, content) => JSON.stringify({ input: addFilePatch(file, content) }),
  },
];

/** Sorts the offered tools by what they are good for. */
export function openToolbox(offered: readonly OfferedTool[]): Toolbox {
  const runner = firstOffered(RUNNERS, offered);
  const writer = firstOffered(WRITERS, offered);
  const run = runner && ((command: string) => use(runner, command));
  const write = writer
    ? (file: string, content: string) => use(writer, file, content)
    : run && ((file: string, content: string) => run(writeCommand(file, content)));
  return { ...(write && { write }), ...(run && { run }) };
}

function firstOffered<Job extends readonly string[]>(
  known: readonly KnownTool<Job>[],
  offered: readonly OfferedTool[],
): KnownTool<Job> | undefined {
  return known.find(({ name, kind }) => offered.some((tool) => tool.name === name && tool.kind === kind));
}

function use<Job extends readonly string[]>(tool: KnownTool<Job>, ...job: Job): ToolUse {
  return { name: tool.name, kind: tool.kind, input: tool.input(...job) };
}

/** Codex's patch format, whose lines all begin with a sign. */
function addFilePatch(file: string, content: string): string {
  const lines = content.replace(/\n$/, '').split('\n');
  return `*** Begin Patch\n*** Add File: ${file}\n${lines.map((line) => `+${line}\n`).join('')}*** End Patch`;
}

function writeCommand(file: string, content: string): string {
  const text = content.endsWith('\n') ? content : `${content}\n`;
  let end = 'EOF';
  while (text.split('\n').includes(end)) end += '_';
  return `cat > ${quoted(file)} <<'${end}'\n${text}${end}`;
}

/** A word as a POSIX shell takes it literally. */
export function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
