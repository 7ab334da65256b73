import { decodeError } from '../bridge/upstream-error.ts';
import type { Codec } from '../codec.ts';
import { decodeReply } from './decode-reply.ts';
import { decodeRequest } from './decode-request.ts';
import { ResponsesStreamDecoder } from './decode-stream.ts';
import { encodeReply } from './encode-reply.ts';
import { encodeRequest } from './encode-request.ts';
import { ResponsesStreamEncoder } from './encode-stream.ts';
import { encodeError } from './errors.ts';

/** OpenAI Responses (https://platform.openai.com/docs/api-reference/responses), both sides. */
export const responsesCodec: Codec = {
  protocol: 'responses',
  decodeRequest,
  encodeReply,
  streamEncoder: (context) => new ResponsesStreamEncoder(context),
  encodeError,
  encodeRequest,
  decodeReply,
  streamDecoder: (context, emit) => new ResponsesStreamDecoder(context, emit),
  decodeError,
};
