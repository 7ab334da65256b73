import type { Protocol } from '../protocols/conversation.ts';

/** Every spelling of an upstream's `format`, and the protocol it stands for. The first of each protocol is the canonical one. */
export const FORMATS = {
  'openai-completion': 'chat',
  'openai-chat-completions': 'chat',
  openai: 'chat',
  chat: 'chat',
  'openai-responses': 'responses',
  responses: 'responses',
  anthropic: 'messages',
  'anthropic-messages': 'messages',
  claude: 'messages',
  messages: 'messages',
  google: 'gemini',
  gemini: 'gemini',
} as const satisfies Record<string, Protocol>;

export type Format = keyof typeof FORMATS;

/** How a protocol is named in the config, for messages and tables. */
export const FORMAT_OF: Readonly<Record<Protocol, Format>> = {
  chat: 'openai-completion',
  responses: 'openai-responses',
  messages: 'anthropic',
  gemini: 'google',
};
