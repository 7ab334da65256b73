import { quoted } from './toolbox.ts';

type CommandTask =
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'run-refused'; readonly command: string };

/** All but words, quotes and what stands for nothing else in a shell: a command with one of these is not run. */
const NOT_PLAIN = /[^\w ./:=+,@%!'"-]/;

const isOption = (word: string): boolean => word.startsWith('-');
/** Below the working directory: what the command prints ends up in records. */
const isInside = (word: string): boolean => !word.startsWith('/') && !word.split('/').includes('..');

/** Commands that change nothing and tell nothing but what they were asked, with the arguments they may have. */
const HARMLESS: Readonly<Record<string, (words: readonly string[]) => boolean>> = {
  ls: () => true,
  pwd: (words) => words.every(isOption),
  cat: (words) => words.length > 0 && words.every(isInside),
  // `date -s` and `date 01020304` set the clock.
  date: (words) => words.every((word) => word.startsWith('+') || ['-u', '-R', '-I'].includes(word)),
  echo: () => true,
  uname: (words) => words.every(isOption),
  git: (words) => words[0] === 'status' && words.slice(1).every(isOption),
};

/** What people say for a command. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/^(?:please )?(?:list|show)(?: me)?(?: all)?(?: the| my)? (?:files|directory|folder)\b/i, 'ls -la'],
  [/^(?:what|which) files\b/i, 'ls -la'],
  [/^(?:where am i|(?:what is|show)(?: me)?(?: the)? (?:current|working) directory)\b/i, 'pwd'],
  [/^what(?:'s| is) the (?:time|date)\b|^what (?:time|day) is it\b/i, 'date'],
  [/^(?:what|which) (?:system|kernel|os|operating system)\b.*\b(?:run|is this|on)\b/i, 'uname -a'],
  [/^(?:please )?(?:show|check)(?: me)?(?: the)? git status\b/i, 'git status'],
];

const SHOW_FILE =
  /^(?:please )?(?:show|read|print|open|display)(?: me)?(?: the file)? [`'"]?([\w./-]+\.\w{1,8})[`'"]?[.!?]?$/i;
const RUN =
  /^(?:please |can you |could you )?(?:run|execute|exec)\b(?: the)?(?: command)?[:\s]+(?:`([^`]+)`|(.+?))(?: for me)?$/is;

/**
 * Reads an order to run a command: spelled out, as a phrase, or as a bare command line.
 *
 * @returns undefined when the text is something else.
 */
export function readCommand(text: string): CommandTask | undefined {
  const phrase = PHRASES.find(([pattern]) => pattern.test(text))?.[1];
  if (phrase !== undefined) return { kind: 'run', command: phrase };
  const shown = SHOW_FILE.exec(text)?.[1];
  if (shown !== undefined) return judged(`cat ${quoted(shown)}`);
  const ordered = RUN.exec(text);
  const command = ordered?.[1] ?? ordered?.[2];
  if (command !== undefined) return judged(command.trim());
  const bare = text.replace(/^(?:\$ |`)/, '').replace(/`$/, '');
  return isHarmless(bare) && looksTyped(bare) ? { kind: 'run', command: bare } : undefined;
}

function judged(command: string): CommandTask {
  return { kind: isHarmless(command) ? 'run' : 'run-refused', command };
}

function isHarmless(command: string): boolean {
  const [program = '', ...words] = command
    .replaceAll(/['"]/g, '')
    .split(' ')
    .filter((word) => word !== '');
  // `Object.hasOwn`, since `constructor` is no command.
  if (NOT_PLAIN.test(command) || !Object.hasOwn(HARMLESS, program)) return false;
  return HARMLESS[program]?.(words) ?? false;
}

/** `date formats` is a question and `echo chamber` a phrase: only what is surely a command line is taken for one. */
function looksTyped(command: string): boolean {
  return /^(?:ls|pwd|date|uname|git status)(?: -\S+)*$|^(?:ls|cat) \S*[./]\S*$|^echo \S/.test(command);
}
