import { decodeError } from '../bridge/upstream-error.ts';
import type { Codec } from '../codec.ts';
import { decodeReply } from './decode-reply.ts';
import { decodeRequest } from './decode-request.ts';
import { streamDecoder } from './decode-stream.ts';
import { encodeReply } from './encode-reply.ts';
import { encodeRequest } from './encode-request.ts';
import { streamEncoder } from './encode-stream.ts';
import { encodeError } from './errors.ts';

/** OpenAI Chat Completions, and the many who are compatible with it. */
export const chatCodec: Codec = {
  protocol: 'chat',
  decodeRequest,
  encodeReply,
  streamEncoder,
  encodeError,
  encodeRequest,
  decodeReply,
  streamDecoder,
  decodeError,
};
