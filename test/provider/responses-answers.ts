import { type Answer, CUT, HANG } from './provider.ts';
import { type CallSaid, type ReplyPlan, rechunk, type Said, slices, USAGE } from './reply-plan.ts';

type Item = Record<string, unknown>;

/** A Responses stream of the plan with all the events OpenAI sends. */
export function responsesStream(plan: ReplyPlan): Answer {
  const frames: (string | number)[] = [];
  let sequence = 0;
  const send = (type: string, fields: Record<string, unknown>): void => {
    const data = JSON.stringify({ type, sequence_number: sequence++, ...fields });
    frames.push(`event: ${type}\ndata: ${data}\n\n`);
  };
  send('response.created', { response: envelope('in_progress', [], plan) });
  send('response.in_progress', { response: envelope('in_progress', [], plan) });
  const output: Item[] = [];
  for (const said of plan.say) {
    if (said.type === 'wait') frames.push(said.ms);
    else output.push(sendItem(send, said, output.length));
  }
  if (plan.end !== undefined)
    return { frames: [...rechunk(frames, plan.chunkBytes), plan.end === 'cut' ? CUT : HANG] };
  const status = statusOf(plan);
  send(`response.${status}`, { response: envelope(status, output, plan) });
  return { frames: rechunk(frames, plan.chunkBytes) };
}

/** The same as one JSON answer. */
export function responsesJson(plan: ReplyPlan): Answer {
  const items = plan.say.filter((said) => said.type !== 'wait').map((said, at) => wholeItem(said, at));
  return { json: envelope(statusOf(plan), items, plan) };
}

/** One item with its events; gives the whole item. */
function sendItem(
  send: (type: string, fields: Record<string, unknown>) => void,
  said: Exclude<Said, { readonly type: 'wait' }>,
  output_index: number,
): Item {
  const item = wholeItem(said, output_index);
  const item_id = item.id;
  const open = { ...item, status: 'in_progress' };
  const at = { item_id, output_index };
  switch (said.type) {
    case 'text':
    case 'refusal': {
      const content_index = 0;
      const stem = said.type === 'text' ? 'response.output_text' : 'response.refusal';
      const whole = said.pieces.join('');
      send('response.output_item.added', { output_index, item: { ...open, content: [] } });
      send('response.content_part.added', { ...at, content_index, part: messagePart(said.type, '') });
      for (const delta of said.pieces) send(`${stem}.delta`, { ...at, content_index, delta });
      send(`${stem}.done`, { ...at, content_index, [said.type]: whole });
      send('response.content_part.done', { ...at, content_index, part: messagePart(said.type, whole) });
      break;
    }
    case 'reasoning': {
      const summary_index = 0;
      const text = said.pieces.join('');
      send('response.output_item.added', {
        output_index,
        item: { ...item, summary: [], encrypted_content: '' },
      });
      send('response.reasoning_summary_part.added', {
        ...at,
        summary_index,
        part: { type: 'summary_text', text: '' },
      });
      for (const delta of said.pieces)
        send('response.reasoning_summary_text.delta', { ...at, summary_index, delta });
      send('response.reasoning_summary_text.done', { ...at, summary_index, text });
      send('response.reasoning_summary_part.done', {
        ...at,
        summary_index,
        part: { type: 'summary_text', text },
      });
      break;
    }
    case 'call': {
      const [stem, body] = said.freeform
        ? ['response.custom_tool_call_input', 'input']
        : ['response.function_call_arguments', 'arguments'];
      send('response.output_item.added', { output_index, item: { ...open, [body]: '' } });
      for (const delta of slices(said.arguments, said.deltaLength)) send(`${stem}.delta`, { ...at, delta });
      send(`${stem}.done`, { ...at, [body]: said.arguments });
      break;
    }
  }
  send('response.output_item.done', { output_index, item });
  return item;
}

function wholeItem(said: Exclude<Said, { readonly type: 'wait' }>, index: number): Item {
  switch (said.type) {
    case 'text':
    case 'refusal':
      return {
        id: `msg_up_${index}`,
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [messagePart(said.type, said.pieces.join(''))],
      };
    case 'reasoning':
      return {
        id: `rs_up_${index}`,
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: said.pieces.join('') }],
        encrypted_content: said.seal,
      };
    case 'call':
      return callItem(said, index);
  }
}

function callItem(said: CallSaid, index: number): Item {
  const both = { status: 'completed', call_id: said.id, name: said.name };
  if (said.freeform)
    return { id: `ctc_up_${index}`, type: 'custom_tool_call', ...both, input: said.arguments };
  const namespace = said.namespace === undefined ? {} : { namespace: said.namespace };
  return { id: `fc_up_${index}`, type: 'function_call', ...both, ...namespace, arguments: said.arguments };
}

function messagePart(type: 'text' | 'refusal', text: string): Item {
  if (type === 'refusal') return { type: 'refusal', refusal: text };
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function statusOf(plan: ReplyPlan): 'completed' | 'incomplete' {
  return plan.finish === undefined ? 'completed' : 'incomplete';
}

function envelope(status: string, output: readonly Item[], plan: ReplyPlan): Record<string, unknown> {
  const reason = plan.finish === 'length' ? 'max_output_tokens' : plan.finish;
  const usage = plan.usage === undefined ? USAGE : plan.usage;
  return {
    id: 'resp_upstream_1',
    object: 'response',
    created_at: 1_750_000_000,
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    instructions: null,
    max_output_tokens: null,
    model: 'upstream-model-0613',
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage:
      usage === null || status === 'in_progress'
        ? null
        : {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cached },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: usage.reasoning },
            total_tokens: usage.input + usage.output,
          },
    user: null,
    metadata: {},
  };
}
