import type OpenAI from 'openai';

/** What a client made of a reply, the same for both of its protocols and for streams. */
export interface Outcome {
  readonly model: string;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string; readonly id: string }[];
  /** Chat `finish_reason`; Responses status, with the reason of an incomplete one. */
  readonly finish: string;
  readonly usage:
    | { readonly input: number; readonly output: number; readonly cached: number; readonly reasoning: number }
    | undefined;
}

type ChatParams = Omit<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, 'stream'>;
type ResponsesParams = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;

/** Asks through the SDK's Chat side and gathers the answer. */
export async function askChat(client: OpenAI, stream: boolean, params: ChatParams): Promise<Outcome> {
  if (!stream) return ofCompletion(await client.chat.completions.create({ ...params, stream: false }));
  const runner = client.chat.completions.stream({ ...params, stream_options: { include_usage: true } });
  // The SDK adds up only what it knows.
  let reasoning = '';
  runner.on('chunk', (chunk) => {
    const delta: object = chunk.choices[0]?.delta ?? {};
    if ('reasoning_content' in delta) reasoning += String(delta.reasoning_content ?? '');
  });
  return { ...ofCompletion(await runner.finalChatCompletion()), reasoning };
}

/** Asks through the SDK's Responses side; of a stream the SDK's own accumulation counts. */
export async function askResponses(
  client: OpenAI,
  stream: boolean,
  params: ResponsesParams,
): Promise<Outcome> {
  if (!stream) return ofResponse(await client.responses.create({ ...params, stream: false }));
  return ofResponse(await client.responses.stream({ ...params, stream: true }).finalResponse());
}

function ofCompletion(completion: OpenAI.Chat.ChatCompletion): Outcome {
  const choice = completion.choices[0];
  // Compatible servers add it; the SDK's types do not have it.
  const message = choice?.message as
    | (OpenAI.Chat.ChatCompletionMessage & { reasoning_content?: string })
    | undefined;
  const usage = completion.usage;
  return {
    model: completion.model,
    text: message?.content ?? '',
    refusal: message?.refusal ?? '',
    reasoning: message?.reasoning_content ?? '',
    calls: (message?.tool_calls ?? []).map((call) =>
      call.type === 'function'
        ? { name: call.function.name, arguments: call.function.arguments, id: call.id }
        : { name: call.custom.name, arguments: call.custom.input, id: call.id },
    ),
    finish: choice?.finish_reason ?? '',
    usage: usage && {
      input: usage.prompt_tokens,
      output: usage.completion_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
      reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
  };
}

function ofResponse(response: OpenAI.Responses.Response): Outcome {
  const content = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const usage = response.usage;
  const incomplete = response.incomplete_details?.reason;
  return {
    model: response.model,
    text: content.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
    refusal: content.map((part) => (part.type === 'refusal' ? part.refusal : '')).join(''),
    reasoning: response.output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary.map((part) => part.text) : []))
      .join(''),
    calls: response.output.flatMap((item) => {
      if (item.type === 'function_call')
        return [{ name: item.name, arguments: item.arguments, id: item.call_id }];
      if (item.type === 'custom_tool_call')
        return [{ name: item.name, arguments: item.input, id: item.call_id }];
      return [];
    }),
    finish: incomplete === undefined ? (response.status ?? '') : `${response.status}/${incomplete}`,
    usage: usage && {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details.cached_tokens,
      reasoning: usage.output_tokens_details.reasoning_tokens,
    },
  };
}
