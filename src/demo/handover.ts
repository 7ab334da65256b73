import type { ToolResult } from './tool-result.ts';

/** Of each result; the rest of it is not needed to go on. */
const MAX_OUTPUT = 300;
const STEP = /^Step \d+ (succeeded|failed): (".*")$/gm;

/** Writes down what has been done for the last request, for whoever goes on from a summary. */
export function writeHandover(results: readonly ToolResult[]): string {
  return results
    .map(({ ok, output }, index) => {
      const outcome = ok ? 'succeeded' : 'failed';
      return `Step ${index + 1} ${outcome}: ${JSON.stringify(output.slice(0, MAX_OUTPUT))}`;
    })
    .join('\n');
}

/** Finds such steps in a text, so that they are not taken again. */
export function readHandover(text: string): ToolResult[] {
  return [...text.matchAll(STEP)].flatMap(([, outcome, output = '']) => {
    try {
      return [{ ok: outcome === 'succeeded', output: String(JSON.parse(output)) }];
    } catch {
      return [];
    }
  });
}
