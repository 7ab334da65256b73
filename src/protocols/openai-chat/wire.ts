/**
 * The Chat Completions wire format, as far as it is written here. What is read is taken as `unknown` and checked,
 * since it comes from strangers.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat
 */

export interface ChatRequest extends Record<string, unknown> {
  model: string;
  messages: readonly ChatMessage[];
  stream: boolean;
}

export type ChatMessage =
  | { role: 'system' | 'developer'; content: string; name?: string }
  | { role: 'user'; content: string | readonly ChatPart[]; name?: string }
  | ChatAssistantMessage
  | { role: 'tool'; tool_call_id: string; content: string | readonly ChatPart[] };

export interface ChatAssistantMessage {
  role: 'assistant';
  content: string | null;
  name?: string;
  refusal?: string;
  tool_calls?: readonly ChatToolCall[];
  /** DeepSeek, GLM, Qwen: https://api-docs.deepseek.com/guides/thinking_mode */
  reasoning_content?: string;
  /** OpenRouter, vLLM. */
  reasoning?: string;
  /** OpenRouter: https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks */
  reasoning_details?: readonly unknown[];
}

export type ChatPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } }
  | { type: 'input_audio'; input_audio: { data: string; format: string } }
  | { type: 'file'; file: { file_data: string; filename: string } };

export type ChatToolCall =
  | {
      id: string;
      type: 'function';
      function: { name: string; arguments: string };
      /** Gemini's compatible endpoint: https://ai.google.dev/gemini-api/docs/openai */
      extra_content?: Readonly<Record<string, unknown>>;
    }
  | { id: string; type: 'custom'; custom: { name: string; input: string } };

export type ChatTool =
  | {
      type: 'function';
      function: {
        name: string;
        description?: string;
        parameters: Readonly<Record<string, unknown>>;
        strict?: boolean;
      };
    }
  | { type: 'custom'; custom: { name: string; description?: string; format?: ChatCustomFormat } };

export type ChatCustomFormat = {
  type: 'grammar';
  grammar: { syntax: string; definition: string };
};

export type ChatToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: readonly ChatToolChoice[] } };

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number };
  completion_tokens_details?: { reasoning_tokens: number };
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter';
