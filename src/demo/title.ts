import { readTask } from './task.ts';

/** A sentence that begins by asking for a title, and not for a file that has one. */
const ASKS_FOR_TITLE =
  /^(?:please |# *)?(?:generate|write|create|give|suggest|come up with)(?: (?!file|with|title)[\w,-]+){0,6} title\b(?!\.\w)/im;
const MAX_WORDS = 6;

/**
 * Names a conversation when an agent's program asks for that.
 *
 * @returns undefined when the prompt asks for something else.
 */
export function titleFor(prompt: string): string | undefined {
  if (!ASKS_FOR_TITLE.test(prompt)) return undefined;
  const task = readTask(subjectOf(prompt));
  switch (task.kind) {
    case 'write':
      return `Create ${task.file}`;
    case 'write-outside':
      return `A request to write ${task.file}`;
    case 'run':
    case 'run-refused':
      return `Run ${task.command}`.slice(0, 60);
    case 'question': {
      const words = task.text.replaceAll(/[`*_"<>]/g, '').match(/\S+/g) ?? [];
      const title = words
        .slice(0, MAX_WORDS)
        .join(' ')
        .replace(/[\s.,:;!?]+$/, '');
      return title === '' ? 'llmup demo' : title.charAt(0).toUpperCase() + title.slice(1);
    }
  }
}

/** Such prompts end with the text to be named, after a heading or a blank line. */
function subjectOf(prompt: string): string {
  const afterHeading =
    /(?:^|\n)\s*(?:user(?:'s)? )?(?:prompt|message|request|task|input)\s*:\s*([\s\S]+)$/i.exec(prompt)?.[1];
  const paragraphs = (afterHeading ?? prompt).trim().split(/\n\s*\n/);
  return (afterHeading === undefined ? paragraphs.at(-1) : paragraphs[0])?.trim() ?? '';
}
