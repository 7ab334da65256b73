import { afterAll, beforeAll, expect, it } from 'vitest';
import { say } from '../provider/reply-plan.ts';
import { type Bench, startBench } from './bench.ts';
import { askResponses } from './outcome.ts';

/** Stop words that an upstream refuses: the request goes without them, and the reply ends at them all the same. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({
    model_aliases: {
      stops: { target: 'STRANGER:upstream-model', params: { default: { stop: ['END', 'FIN'] } } },
    },
  });
});
afterAll(() => bench.close());

const refusal = {
  status: 400,
  json: {
    error: {
      message: "Unsupported parameter: 'stop' is not supported with this model.",
      type: 'invalid_request_error',
      param: 'stop',
      code: 'unsupported_parameter',
    },
  },
};
const plan = { say: [say('One ', 'E', 'ND two')] };

it('at once, and in every later request', async () => {
  bench.script(refusal, plan, plan, plan);
  for (const stream of [true, false, true]) {
    const { text, finish } = await askResponses(bench.openai, stream, { model: 'stops', input: 'go' });
    expect({ text, finish }).toEqual({ text: 'One ', finish: 'completed' });
  }
  expect(bench.bodies().map(({ stop }) => stop)).toEqual([['END', 'FIN'], undefined, undefined, undefined]);
});
