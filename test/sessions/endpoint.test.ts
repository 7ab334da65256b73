import { expect, onTestFinished, test } from 'vitest';
import { checkHealth, describeModel } from '../../src/sessions/endpoint.ts';
import { UserError } from '../../src/user-error.ts';
import { type Answer, HANG, startProvider } from '../provider/provider.ts';

async function endpoint(answer: Answer): Promise<string> {
  const provider = await startProvider(() => answer);
  onTestFinished(() => provider.close());
  return provider.url;
}

test('a web server that answers everything is not taken for a proxy', async () => {
  const url = await endpoint({ text: '<html>Welcome</html>' });
  await checkHealth(url);
  await expect(describeModel(url, 'coder', 'key')).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringContaining('no llmup proxy'),
  });
});

test('what a proxy says of a model is handed on; one that says nothing of it will do', async () => {
  const llmup = { limits: { context_window: 1000 } };
  expect(await describeModel(await endpoint({ json: { id: 'coder', llmup } }), 'coder', 'key')).toEqual(
    llmup,
  );
  expect(await describeModel(await endpoint({ json: { id: 'coder' } }), 'coder', 'key')).toBeUndefined();
});

test('a proxy that never answers is not waited for once a signal has come', async () => {
  const cancel = new AbortController();
  const url = await endpoint({ frames: [HANG] });
  const health = checkHealth(url, cancel.signal);
  cancel.abort(new UserError('stopped', 143));
  await expect(health).rejects.toMatchObject({ exitCode: 143 });
});
