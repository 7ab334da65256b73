import { expect, test } from 'vitest';
import { ResponseSoFar } from '../../../src/protocols/openai-responses/response-so-far.ts';

const data = (type: string, more: object): string => JSON.stringify({ type: `response.${type}`, ...more });
const at = { output_index: 0, content_index: 0, item_id: 'm' };
const delta = (text: string): string => data('output_text.delta', { ...at, delta: text });
const item = (text: string): object => ({
  id: 'm',
  type: 'message',
  content: [{ type: 'output_text', text }],
});

function begun(): ResponseSoFar {
  const soFar = new ResponseSoFar();
  soFar.note(data('created', { response: { id: 'r', output: [] } }));
  soFar.note(data('output_item.added', { output_index: 0, item: { id: 'm', type: 'message', content: [] } }));
  soFar.note(data('content_part.added', { ...at, part: { type: 'output_text', text: '' } }));
  return soFar;
}

test('text goes on after it was asked for, in events and in more of the same', () => {
  const soFar = begun();
  soFar.note(delta('a'));
  soFar.more('b');
  expect(soFar.output('all')).toEqual([item('ab')]);
  soFar.more('c');
  expect(soFar.output('all')).toEqual([item('abc')]);
  soFar.note(delta('d'));
  expect(soFar.output('all')).toEqual([item('abcd')]);
  expect(soFar.output('finished')).toEqual([]);
  soFar.note(data('output_item.done', { output_index: 0, item: item('abcd') }));
  expect(soFar.output('finished')).toEqual([item('abcd')]);
  expect(soFar.response).toEqual({ id: 'r', output: [] });
});

test('a long stream is as well known as a short one', () => {
  const soFar = begun();
  const piece = 'x'.repeat(100_000);
  for (let count = 0; count < 100; count++) {
    soFar.note(delta(piece));
    soFar.more(piece);
  }
  expect(soFar.output('all')).toEqual([item(piece.repeat(200))]);
});

test('places that are missing or absurd do no harm', () => {
  const soFar = begun();
  soFar.note(data('output_text.delta', { output_index: 0, content_index: 2 ** 30, delta: 'far' }));
  soFar.note(data('function_call_arguments.delta', { output_index: 7, delta: '{}' }));
  soFar.note('no JSON');
  soFar.note('[]');
  expect(JSON.stringify(soFar.output('all')).length).toBeLessThan(500);
});

test('a citation belongs to its text', () => {
  const soFar = begun();
  const cite = (url: string) => ({ type: 'url_citation', url });
  soFar.note(delta('a'));
  for (const [annotation_index, url] of ['x', 'y'].entries())
    soFar.note(data('output_text.annotation.added', { ...at, annotation_index, annotation: cite(url) }));
  soFar.note(delta('b'));
  expect(soFar.output('all')).toMatchObject([
    { content: [{ text: 'ab', annotations: [cite('x'), cite('y')] }] },
  ]);
});
