import type { JsonObject } from '../bridge/fields.ts';
import { parseJson } from '../bridge/json.ts';
import { readErrorText, readInStreamError } from '../bridge/upstream-error.ts';
import type { SseFrame, StreamDecoder, UpstreamContext } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type { FinishReason, ReplyEvent } from '../reply.ts';
import { ItemReader } from './item-reader.ts';
import { asObject, asString, listOf } from './shape.ts';
import { decodeUsage } from './usage.ts';

/**
 * Reads a Responses stream, or a whole Response as the stream that it would have been.
 *
 * The type stands in the JSON, the `event:` line is not needed. Whatever events are missing is made up from those
 * that repeat it (deltas from `done`, items from the terminal response); what is unknown is passed over.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #emit: (event: ReplyEvent) => void;
  readonly #items: ItemReader;
  #started = false;
  #done = false;

  constructor(context: UpstreamContext, emit: (event: ReplyEvent) => void) {
    this.#emit = emit;
    this.#items = new ItemReader(context, (event) => {
      this.#start();
      emit(event);
    });
  }

  get done(): boolean {
    return this.#done;
  }

  push(frame: SseFrame): void {
    if (this.#done) return;
    // Codex skips what it cannot read, too; a stream that is nothing else ends as cut.
    const event = asObject(parseJson(frame.data));
    if (event) this.#handle(asString(event.type) ?? frame.event ?? '', event);
    else if (frame.event === 'error') this.#fail(readErrorText(frame.data));
  }

  end(): void {
    if (this.#done) return;
    this.#fail({
      kind: 'cut',
      status: 502,
      message: "The upstream's stream ended before the response was complete.",
    });
  }

  /** A Response object that came as one JSON body. */
  whole(body: unknown): void {
    const response = asObject(body);
    if (!response || (!Array.isArray(response.output) && !asObject(response.error))) {
      this.#fail((response && readInStreamError(response, undefined)) ?? NOT_A_RESPONSE);
      return;
    }
    this.#terminal(response, Array.isArray(response.output) ? 'completed' : 'failed');
  }

  #handle(type: string, event: JsonObject): void {
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        this.#start(asObject(event.response));
        break;
      case 'response.completed':
      case 'response.done':
        this.#terminal(asObject(event.response) ?? {}, 'completed');
        break;
      case 'response.incomplete':
        this.#terminal(asObject(event.response) ?? {}, 'incomplete');
        break;
      case 'response.failed':
      case 'response.cancelled':
        this.#terminal(asObject(event.response) ?? event, 'failed');
        break;
      case 'error':
        this.#fail(readInStreamError(event, 'error') ?? UNEXPLAINED);
        break;
      default: {
        // An error in another shape (vLLM's `{"object":"error","type":"BadRequestError"}`) has no type of an event.
        const untyped = type === '' || event.object === 'error';
        const failure = untyped ? readInStreamError(event, undefined) : undefined;
        if (failure) this.#fail(failure);
        else this.#items.read(type, event);
      }
    }
  }

  #start(response?: JsonObject): void {
    if (this.#started) return;
    this.#started = true;
    const id = asString(response?.id);
    const model = asString(response?.model);
    const usage = decodeUsage(response?.usage);
    this.#emit({
      type: 'start',
      ...(id !== undefined && { id }),
      ...(model !== undefined && { model }),
      ...(usage && { usage }),
    });
  }

  #terminal(response: JsonObject, fallback: Ending): void {
    this.#start(response);
    const status = endingOf(response.status) ?? fallback;
    const usage = decodeUsage(response.usage);
    if (status === 'failed' || status === 'unfinished') {
      if (usage) this.#emit({ type: 'usage', usage });
      this.#fail(failureOf(response, status));
      return;
    }
    this.#items.close(listOf(response.output), status === 'completed');
    if (usage) this.#emit({ type: 'usage', usage });
    if (status === 'completed' && this.#items.lostCall) {
      this.#fail(LOST_CALL);
      return;
    }
    this.#done = true;
    const detail = asString(asObject(response.incomplete_details)?.reason);
    const reason = status === 'incomplete' ? incompleteReason(detail) : this.#completeReason();
    this.#emit({ type: 'finish', reason, ...(detail !== undefined && { detail }) });
  }

  #completeReason(): FinishReason {
    if (this.#items.sawCall) return 'tool-calls';
    return this.#items.sawRefusal ? 'refusal' : 'stop';
  }

  #fail(failure: Failure): void {
    this.#start();
    this.#done = true;
    this.#emit({ type: 'failure', failure });
  }
}

type Ending = 'completed' | 'incomplete' | 'failed' | 'unfinished';

/** A background response may come back before it is done. */
function endingOf(status: unknown): Ending | undefined {
  switch (status) {
    case 'completed':
    case 'incomplete':
    case 'failed':
      return status;
    case 'cancelled':
      return 'failed';
    case 'queued':
    case 'in_progress':
      return 'unfinished';
    default:
      return undefined;
  }
}

function incompleteReason(reason: string | undefined): FinishReason {
  if (reason === 'content_filter') return 'content-filter';
  return reason === 'pause_turn' ? 'pause' : 'length';
}

function failureOf(response: JsonObject, ending: 'failed' | 'unfinished'): Failure {
  const told = asObject(response.error) && readInStreamError(response, undefined);
  return told ?? (ending === 'failed' ? UNEXPLAINED : UNFINISHED);
}

const NOT_A_RESPONSE: Failure = {
  kind: 'upstream',
  status: 502,
  message: 'The upstream answered with something that is not a Responses reply.',
};

const UNEXPLAINED: Failure = {
  kind: 'upstream',
  status: 502,
  message: 'The upstream reported that the response failed, without saying why.',
};

const LOST_CALL: Failure = {
  kind: 'upstream',
  status: 502,
  message: 'The upstream completed its response without completing a tool call in it.',
  code: 'invalid_upstream_response',
};

const UNFINISHED: Failure = {
  kind: 'upstream',
  status: 502,
  message: 'The upstream answered before its response was finished.',
};
