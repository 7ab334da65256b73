import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Receives an upstream's bytes; exactly one of `end` and `error` is called, last. */
export interface BodyReader {
  data(chunk: Buffer): void;
  end(): void;
  error(error: Error): void;
}

/**
 * The body of an upstream's reply, pushed to one reader by plain calls: no stream object, promise or copy for each
 * piece. What arrives before anyone reads is kept.
 */
export abstract class ReplyBody {
  #reader: BodyReader | undefined;
  #early: Buffer[] = [];
  #end: true | Error | undefined;
  #isOver = false;
  #onFirst: (() => void) | undefined;

  abstract pause(): void;
  abstract resume(): void;
  /** Drops what has not come yet; the reader hears nothing more. */
  abstract cancel(): void;

  /** The first bytes, which a later reader gets too; undefined when there are none. Rejects when the body fails first. */
  async first(): Promise<Buffer | undefined> {
    if (this.#early.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#onFirst = resolve;
      });
    }
    if (this.#early.length === 0 && this.#end instanceof Error) throw this.#end;
    return this.#early[0];
  }

  /** Begins the flow. May be called once. */
  read(reader: BodyReader): void {
    this.#reader = reader;
    for (const chunk of this.#early.splice(0)) if (!this.#isOver) reader.data(chunk);
    if (this.#end !== undefined && !this.#isOver) this.#finish(this.#end);
  }

  /** The whole rest. @throws {RangeError} beyond `limit` bytes. */
  collect(limit: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      this.read({
        data: (chunk) => {
          length += chunk.length;
          if (length <= limit) return void chunks.push(chunk);
          this.cancel();
          reject(new RangeError(`the answer is larger than ${limit} bytes`));
        },
        end: () => resolve(Buffer.concat(chunks, length)),
        error: reject,
      });
    });
  }

  /** What can be had of the rest, at most `limit` bytes: an error's text is worth showing even when it breaks off. */
  collectUpTo(limit: number): Promise<Buffer> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const finish = () => resolve(Buffer.concat(chunks).subarray(0, limit));
      this.read({
        data: (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length < limit) return;
          this.cancel();
          finish();
        },
        end: finish,
        error: finish,
      });
    });
  }

  protected push(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#reader) this.#reader.data(chunk);
    else {
      this.#early.push(chunk);
      this.#onFirst?.();
    }
  }

  protected close(how: true | Error): void {
    if (this.#isOver || this.#end !== undefined) return;
    this.#end = how;
    if (this.#reader) this.#finish(how);
    else this.#onFirst?.();
  }

  /** After this the reader hears nothing more. */
  protected silence(): void {
    this.#isOver = true;
  }

  #finish(how: true | Error): void {
    this.#isOver = true;
    if (how === true) this.#reader?.end();
    else this.#reader?.error(how);
  }
}

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The body without its compression. We ask for none, but some servers compress all the same. */
export function decodedBody(body: ReplyBody, encoding: string): ReplyBody {
  const decoder = DECODERS.get(encoding)?.();
  return decoder ? new DecodedBody(body, decoder) : body;
}

/** Whoever reads sets the bounds: output comes in small pieces, and `cancel` stops the decoder. */
class DecodedBody extends ReplyBody {
  readonly #source: ReplyBody;
  readonly #decoder: Transform;

  constructor(source: ReplyBody, decoder: Transform) {
    super();
    this.#source = source;
    this.#decoder = decoder;
    decoder.on('data', (chunk: Buffer) => this.push(chunk));
    decoder.on('end', () => this.close(true));
    decoder.on('error', (error) => this.close(error));
    decoder.on('drain', () => source.resume());
    source.read({
      data: (chunk) => {
        if (!decoder.write(chunk)) source.pause();
      },
      end: () => decoder.end(),
      error: (error) => this.close(error),
    });
  }

  pause(): void {
    this.#decoder.pause();
  }

  resume(): void {
    this.#decoder.resume();
  }

  cancel(): void {
    this.silence();
    this.#source.cancel();
    this.#decoder.destroy();
  }
}
