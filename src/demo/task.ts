import { readCommand } from './commands.ts';

/** What the user wants of the agent. */
export type Task =
  | {
      readonly kind: 'write';
      readonly file: string;
      /** Ends in a newline. */
      readonly content: string;
      readonly overwrite: boolean;
    }
  | { readonly kind: 'write-outside'; readonly file: string }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'run-refused'; readonly command: string }
  | { readonly kind: 'question'; readonly text: string };

/** Longer requests are read to here; a demo needs no more. */
const MAX_LENGTH = 4000;

const QUESTION = /^(?:how|what|why|where|when|which|who|does|do|did|is|are|should|explain|tell)\b/i;
const WRITE = /\b(?:create|write|make|add|generate|touch|save|put|overwrite|replace)\b/i;
const OVERWRITE = /\b(?:overwrite|replace)\b/i;
/** A name with an extension, or any name in quotes or after `file`. */
const QUOTED_NAME = /[`'"]([\w./~@+-]+(?: [\w./~@+-]+)*\.\w{1,8})[`'"]/;
const PLAIN_NAME = /(?<![\w./~-])([\w./~@+-]*[\w@+-]\.[a-z]\w{0,7})(?![\w/-])/i;
const NAME_AFTER_FILE = /\bfile\s+(?:named|called)?\s*[`'"]?([\w./~@+-]*\w)[`'"]?/i;

/** Reads the user's request: an order that the agent can carry out, or else a question. */
export function readTask(request: string): Task {
  const text = request.trim().slice(0, MAX_LENGTH);
  const command = readCommand(text);
  if (command) return command;
  if (!QUESTION.test(text) && WRITE.test(text)) {
    const task = readWriteTask(text);
    if (task) return task;
  }
  return { kind: 'question', text };
}

function readWriteTask(text: string): Task | undefined {
  // What is to stand in the file may look like a file name itself: the order before it is read alone.
  const order = text.split(/\b(?:with|containing|saying|that says)\b/i)[0] ?? text;
  const file =
    firstMatch([QUOTED_NAME, PLAIN_NAME], order) ??
    firstMatch([NAME_AFTER_FILE], order) ??
    firstMatch([PLAIN_NAME], text) ??
    (/\bfile\b/i.test(order) ? 'hello.txt' : undefined);
  if (file === undefined) return undefined;
  if (!isInside(file)) return { kind: 'write-outside', file };
  const content = statedContent(text, file) ?? sampleContent(file);
  return {
    kind: 'write',
    file,
    content: content.endsWith('\n') ? content : `${content}\n`,
    overwrite: OVERWRITE.test(order),
  };
}

function firstMatch(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The agent writes below the directory it works in and nowhere else. */
function isInside(file: string): boolean {
  return !/^[/~-]/.test(file) && !file.split('/').includes('..');
}

/** What the user said should be in the file. */
function statedContent(text: string, file: string): string | undefined {
  const fenced = /```\w*\n([\s\S]*?)```/.exec(text)?.[1];
  if (fenced !== undefined) return fenced;
  const after =
    /\b(?:with|containing|saying|that says)\s+(?:(?:(?:the|a|this|some)\s+)?(?:text|contents?|line|words?)\b\s*)?[:=]?\s*([\s\S]+)$/i.exec(
      text,
    )?.[1];
  if (after !== undefined) return unquoted(after);
  const before = /\b(?:write|put|save)\s+(["'`])([\s\S]+?)\1\s+(?:in|into|to)\b/i.exec(text)?.[2];
  return before === file ? undefined : before;
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const inQuotes = /^(["'`])([\s\S]*)\1[.!]?$/.exec(trimmed)?.[2];
  return inQuotes ?? trimmed;
}

/** Something that suits the kind of file, when the user left it to the agent. */
function sampleContent(file: string): string {
  const extension = file.split('.').at(-1)?.toLowerCase();
  switch (extension) {
    case 'md':
      return '# Hello\n\nWritten by the llmup demo agent.';
    case 'json':
      return '{ "hello": "from the llmup demo agent" }';
    case 'yaml':
    case 'yml':
      return 'hello: from the llmup demo agent';
    case 'py':
      return 'print("Hello from the llmup demo agent.")';
    case 'js':
    case 'mjs':
    case 'ts':
      return "console.log('Hello from the llmup demo agent.');";
    case 'sh':
      return "#!/bin/sh\necho 'Hello from the llmup demo agent.'";
    case 'html':
      return '<!doctype html>\n<title>Hello</title>\n<p>Hello from the llmup demo agent.</p>';
    default:
      return 'Hello from the llmup demo agent.';
  }
}
