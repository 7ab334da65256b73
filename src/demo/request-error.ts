/** A request that the demo upstream refuses, in the terms of OpenAI's error object. */
export class RequestError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;

  constructor(
    message: string,
    {
      status = 400,
      param = null,
      code = null,
    }: { status?: number; param?: string | null; code?: string | null } = {},
  ) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.param = param;
    this.code = code;
  }

  /** https://platform.openai.com/docs/guides/error-codes/api-errors */
  toJSON(): unknown {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}
