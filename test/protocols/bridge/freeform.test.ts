import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FreeformUnwrapper,
  freeformAsFunction,
  unwrapFreeformInput,
  wrapFreeformInput,
} from '../../../src/protocols/bridge/freeform.ts';
import { awkwardText } from '../arbitrary-reply.ts';

const PATCH = '*** Begin Patch\n*** Add File: a "b".txt\n+tab\there \\ and 🙂 \u2028\n*** End Patch\n';

describe('a freeform tool as a function', () => {
  it('keeps its name and carries its grammar in the description', () => {
    const tool = freeformAsFunction({
      type: 'freeform',
      name: 'apply_patch',
      description: 'Edits files.',
      grammar: { syntax: 'lark', definition: 'start: "x"' },
    });
    expect(tool.name).toBe('apply_patch');
    expect(tool.description).toContain('Edits files.');
    expect(tool.description).toContain('lark');
    expect(tool.description).toContain('start: "x"');
    expect(tool.parameters).toMatchObject({ type: 'object', required: ['input'] });
  });
});

describe('the raw text out of arguments', () => {
  it('comes back as it went, however the arguments are cut', () => {
    fc.assert(
      fc.property(
        fc.array(awkwardText, { maxLength: 6 }).map((texts) => texts.join('')),
        fc.array(fc.nat(), { maxLength: 8 }),
        (text, cuts) => {
          const args = wrapFreeformInput(text);
          const unwrapper = new FreeformUnwrapper();
          const at = [0, ...cuts.map((cut) => cut % args.length).sort((a, b) => a - b), args.length];
          let out = '';
          for (const [index, end] of at.slice(1).entries()) out += unwrapper.push(args.slice(at[index], end));
          expect(out + unwrapper.end()).toBe(text);
        },
      ),
    );
  });

  it('streams while it arrives', () => {
    const unwrapper = new FreeformUnwrapper();
    expect(unwrapper.push('{"input": "*** Beg')).toBe('*** Beg');
    expect(unwrapper.push('in\\n\\u00')).toBe('in\n');
    expect(unwrapper.push('e9\\ud83d')).toBe('é');
    expect(unwrapper.push('\\ude42!"')).toBe('🙂!');
    expect(unwrapper.push('}')).toBe('');
    expect(unwrapper.end()).toBe('');
  });

  it.each([
    ['raw text', PATCH, PATCH],
    ['a JSON string', JSON.stringify(PATCH), PATCH],
    ['an object of another name', JSON.stringify({ patch: PATCH }), PATCH],
    ['further members', JSON.stringify({ input: PATCH, workdir: '.' }), PATCH],
    ['members in front', JSON.stringify({ workdir: '.', input: PATCH }), PATCH],
    ['spaces', '  {\n "input" :\t"a" }\n', 'a'],
    ['line ends that were not escaped', '{"input":"a\nb"}', 'a\nb'],
    ['quotes that were not escaped', '{"input":"say "hi" to"}', 'say "hi" to'],
    ['a quote and a comma that were not escaped', '{"input":"a "b", c\\nd"}', 'a "b", c\nd'],
    ['an unknown escape', '{"input":"\\d+"}', '\\d+'],
    ['nothing', '', ''],
    ['an empty object', '{}', ''],
    ['an object of several texts', '{"a":"1","b":"2"}', '{"a":"1","b":"2"}'],
  ])('is found in %s', (_what, args, expected) => {
    expect(unwrapFreeformInput(args)).toBe(expected);
    const unwrapper = new FreeformUnwrapper();
    let out = '';
    for (const character of args) out += unwrapper.push(character);
    expect(out + unwrapper.end()).toBe(expected);
  });

  it('is given as far as it came when the output was cut', () => {
    expect(unwrapFreeformInput('{"input":"*** Begin\\n+li\\u00')).toBe('*** Begin\n+li');
  });

  it('never throws and never grows slow on hostile text', () => {
    const quotes = `{"input":"${'"a'.repeat(50_000)}`;
    expect(unwrapFreeformInput(quotes)).toBe('"a'.repeat(50_000));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => typeof unwrapFreeformInput(text) === 'string'),
    );
  });
});

describe('blanks without end', () => {
  const through = (...pieces: string[]) => {
    const unwrapper = new FreeformUnwrapper();
    return pieces.map((piece) => unwrapper.push(piece)).join('') + unwrapper.end();
  };
  const blanks = Array.from({ length: 2000 }, () => ' ');

  it('after the text are none of it', () => {
    expect(through('{"input":"x"', ...blanks, '}')).toBe('x');
  });

  it('after a quote that was not escaped are', () => {
    expect(through('{"input":"a "b"', ...blanks, 'c"}')).toBe(`a "b"${blanks.join('')}c`);
  });

  it('before anything else are no wrapper', () => {
    expect(through(...blanks, 'x')).toBe(`${blanks.join('')}x`);
  });
});
