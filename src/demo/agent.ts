import { answerQuestion } from './answers.ts';
import { carryOut } from './carry-out.ts';
import { composeJson } from './compose-json.ts';
import type { Dialogue, Move } from './dialogue.ts';
import { readProgress } from './progress.ts';
import { summarise } from './summary.ts';
import { readTask } from './task.ts';
import { titleFor } from './title.ts';
import { openToolbox } from './toolbox.ts';

/**
 * The demo agent's mind: reads a conversation, returns what comes next. It remembers nothing, so that it can be
 * asked again, resumed and shared like any model.
 */
export function nextMove(dialogue: Dialogue): Move {
  const move = think(dialogue);
  if (!dialogue.json || move.call) return move;
  return { ...move, text: composeJson(dialogue.json.schema, move.text) };
}

function think(dialogue: Dialogue): Move {
  const progress = readProgress(dialogue.turns);
  // Side jobs of an agent's program: prompts that talk about the conversation. They may come with tools.
  const sideJob = titleFor(progress.request) ?? summarise(progress.request, readProgress(progress.before));
  if (sideJob !== undefined) return { reasoning: '', text: sideJob };
  const task = readTask(progress.request);
  if (task.kind === 'question')
    return {
      reasoning: '**Looking it up**\n\nA question, so no tool is needed: I look for what I know about it.',
      text: answerQuestion(task.text),
    };
  return carryOut(task, openToolbox(dialogue.tools), progress.results);
}
