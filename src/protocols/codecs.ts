import type { Codec } from './codec.ts';
import type { Protocol } from './conversation.ts';
import { chatCodec } from './openai-chat/index.ts';
import { responsesCodec } from './openai-responses/index.ts';

/** The codecs there are. Messages and Gemini have their places in every table, and none here yet. */
const CODECS: Readonly<Partial<Record<Protocol, Codec>>> = {
  chat: chatCodec,
  responses: responsesCodec,
};

export function codecFor(protocol: Protocol): Codec | undefined {
  return CODECS[protocol];
}

/** What people call the protocols. */
export const PROTOCOL_NAMES: Readonly<Record<Protocol, string>> = {
  chat: 'Chat Completions',
  responses: 'Responses',
  messages: 'Anthropic Messages',
  gemini: 'Gemini generateContent',
};
