/** A piece of a streamed answer. */
export interface Frame {
  /** Bytes as they go out. */
  readonly data: string;
  /** Carries a token: the model pauses before it, as one that thinks would. */
  readonly spoken: boolean;
}

/** What both protocols put into their answers beside the words. */
export interface ReplyContext {
  readonly model: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly newId: (prefix: string) => string;
  /** The request's body, for what is echoed. */
  readonly request: Readonly<Record<string, unknown>>;
}
