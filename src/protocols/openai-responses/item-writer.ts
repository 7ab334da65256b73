import type { ItemMemory } from '../bridge/item-memory.ts';
import type { Phase } from '../reply.ts';
import type { Frames } from './frames.ts';
import { currentItem, type ItemDraft, type MessageDraft, messageItem } from './output-items.ts';
import type { OutputItem } from './wire.ts';

/** The output items of one reply, in order, and the frames that begin and end them. */
export class ItemWriter {
  readonly frames: Frames;
  readonly newId: (prefix: string) => string;
  readonly #memory: ItemMemory | undefined;
  readonly #items: ItemDraft[] = [];

  constructor(frames: Frames, newId: (prefix: string) => string, memory: ItemMemory | undefined) {
    this.frames = frames;
    this.newId = newId;
    this.#memory = memory;
  }

  /** The place in `output` of the item that is begun next. */
  get nextIndex(): number {
    return this.#items.length;
  }

  begin(draft: ItemDraft, item: OutputItem): void {
    const before = this.pendingMessage;
    // The answer is the last message; what stands before something else was said on the way.
    if (before) this.closeMessage(before, 'commentary');
    this.#items.push(draft);
    this.frames.frame('response.output_item.added', { output_index: draft.outputIndex, item });
  }

  end(draft: ItemDraft, item: OutputItem): void {
    draft.done = item;
    this.#memory?.keep(item.id, item);
    this.frames.frame('response.output_item.done', { output_index: draft.outputIndex, item });
  }

  /**
   * The last item, if it is a message whose parts are all written but which is not closed yet: what follows decides
   * its phase.
   */
  get pendingMessage(): MessageDraft | undefined {
    const last = this.#items.at(-1);
    if (last?.type !== 'message' || last.done) return undefined;
    return allEnded(last) ? last : undefined;
  }

  /** To be called when a part of a message was ended: if something was begun meanwhile, nothing can join it. */
  settle(message: MessageDraft): void {
    if (this.#items.at(-1) !== message && allEnded(message)) this.closeMessage(message, 'commentary');
  }

  /** `phase` is used unless the message came with one. */
  closeMessage(message: MessageDraft, phase: Phase | undefined): void {
    const whole = message.contents.every((content) => content.complete);
    this.end(message, messageItem(message, whole ? 'completed' : 'incomplete', message.phase ?? phase));
  }

  has(type: ItemDraft['type']): boolean {
    return this.#items.some((item) => item.type === type);
  }

  /** Everything so far, unfinished items included. */
  get current(): readonly OutputItem[] {
    return this.#items.flatMap((item) => currentItem(item) ?? []);
  }

  get finished(): readonly OutputItem[] {
    return this.#items.flatMap((item) => item.done ?? []);
  }
}

function allEnded({ contents }: MessageDraft): boolean {
  return contents.every((content) => content.ended);
}
