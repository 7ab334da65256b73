import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter, frameOf } from '../../src/proxy/frames.ts';

/** Pushes pieces and returns whole frames, as text, and the rest. */
function split(pieces: readonly Buffer[], limit = 10_000): { frames: string[]; rest: string } {
  const splitter = new FrameSplitter(limit);
  const frames: string[] = [];
  for (const piece of pieces) {
    const { bytes, ends } = splitter.push(piece);
    let start = 0;
    for (const end of ends) {
      frames.push(bytes.toString('utf8', start, end));
      start = end;
    }
  }
  return { frames, rest: splitter.rest().toString() };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

const FRAMES = [
  'data: {"a":"é😀"}',
  'event: x\ndata: 1\ndata: 2',
  ': comment',
  'data:no space\nid: 7',
  'data',
];

describe('cutting a stream into frames', () => {
  it.each(['\n', '\r\n', '\r'])(
    'gives the same bytes in the same frames however they arrive, with %j',
    (eol) => {
      const text = FRAMES.map((frame) => frame.replaceAll('\n', eol) + eol + eol).join('');
      const bytes = Buffer.from(text);
      const whole = split([bytes]);
      expect(whole.frames.map((frame) => parse(frame))).toEqual([
        { data: '{"a":"é😀"}' },
        { data: '1\n2', event: 'x' },
        undefined,
        { data: 'no space' },
        { data: '' },
      ]);
      fc.assert(
        fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 30 }), (sizes) => {
          const { frames, rest } = split(cut(bytes, sizes));
          expect(frames.join('') + rest).toBe(text);
          // A CR may end a frame one read before the LF that belongs to it.
          expect(frames.map(parse).filter(Boolean)).toEqual(whole.frames.map(parse).filter(Boolean));
        }),
      );
    },
  );

  it('holds back the frame that has not ended', () => {
    expect(split([Buffer.from('data: 1\n\ndata: 2\n')])).toEqual({
      frames: ['data: 1\n\n'],
      rest: 'data: 2\n',
    });
  });

  it('refuses a frame beyond the limit, whole or still growing', () => {
    const long = Buffer.from(`data: ${'x'.repeat(100)}\n\n`);
    expect(() => split([long], 50)).toThrow(RangeError);
    expect(() => split(cut(long, [20, 20, 20]), 50)).toThrow(RangeError);
    expect(split([Buffer.concat([long, long])], 200).frames).toHaveLength(2);
  });
});

function parse(frame: string): unknown {
  return frameOf(frame);
}
