import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { lineText } from '../../src/display/line.ts';
import { chooseColumns } from '../../src/display/panels/route-columns.ts';
import { layoutWatch } from '../../src/display/panels/watch-layout.ts';
import { watchScreen } from '../../src/display/panels/watch-screen.ts';
import { INITIAL_WATCH_STATE, type WatchState } from '../../src/display/panels/watch-state.ts';
import { TrafficStore } from '../../src/display/store.ts';
import { createTheme } from '../../src/display/theme.ts';
import {
  deltaMessage,
  exchange,
  exchangeMessage,
  HELLO,
  LOSSES,
  START,
  waiting,
  workingSession,
} from './traffic.ts';

const UTF8 = { LANG: 'C.UTF-8' };

function drawn(
  messages: ReturnType<typeof workingSession>,
  options: {
    readonly width?: number;
    readonly height?: number;
    readonly state?: Partial<WatchState>;
    readonly ascii?: boolean;
    readonly now?: number;
  } = {},
): string {
  const { width = 80, height = 24, state, ascii, now = START + 363_000 } = options;
  const store = new TrafficStore();
  for (const message of messages) store.push(message);
  const theme = createTheme({ ascii }, UTF8);
  const all = { ...INITIAL_WATCH_STATE, ...state };
  return watchScreen({ store, state: all, receipt: undefined, now, width, height, theme })
    .map(lineText)
    .join('\n');
}

test('columns go in the order of their importance', () => {
  const names = (width: number) => chooseColumns(width).map(({ name }) => name);
  expect(names(30)).toEqual(['status', 'model', 'ttft']);
  expect(names(46)).toEqual(['status', 'model', 'ttft', 'rate', 'out', 'cost']);
  expect(names(74)).toEqual(['number', 'status', 'wire', 'model', 'ttft', 'rate', 'in', 'out', 'cost']);
  expect(names(114)).toHaveLength(13);
});

test('an exchange is shown while its upstream is silent, with the time it has waited', () => {
  const screen = drawn([HELLO, exchangeMessage(waiting(7))], { now: START + 73_004 });
  expect(screen).toMatch(/▸ +7 ◌ prefill 3s +resp→chat glm-5\.2/);
  expect(screen).toContain('Waiting for the first byte, 3s so far.');
});

test('a finished exchange tells its figures', () => {
  const screen = drawn([HELLO, exchangeMessage(exchange(7))], { width: 120, height: 40 });
  expect(screen).toMatch(
    /7 \d\d:\d\d:\d\d ✓ 200 +resp→chat opus +glm-5\.2 +0\.39s +64 13\.1k +12\.5k +577 \.0042 9\.40s/,
  );
});

test('retries, losses and errors stand beside the exchange they belong to', () => {
  const screen = drawn(workingSession());
  expect(screen).toMatch(/34 ✓ 200 ↻1 ~1/);
  expect(screen).toMatch(/35 ✗ 429/);
  expect(screen).toContain('↳ rate limit: Too many requests, retry in 20 s');
});

test('thinking, text and the arguments of a tool call are told apart', () => {
  const screen = drawn(workingSession());
  expect(screen).toContain('✻ The delta frames lose their index');
  expect(screen).toContain('look at the failing test:');
  expect(screen).toContain('⚙ shell');
  expect(screen).toContain('  {"command":["sed","-n","1,200p","src/sse.ts"]');
});

test('a held exchange keeps its stream in view while others go on', () => {
  const screen = drawn([...workingSession(), deltaMessage('x34', 'text', 'what 34 said')], {
    state: { held: 'x34' },
  });
  expect(screen).toContain('what 34 said');
  expect(screen).toContain('held at 34');
  expect(screen).not.toContain('failing test');
});

test('losses are listed with the serious first', () => {
  const screen = drawn([HELLO, exchangeMessage(exchange(7, { losses: LOSSES }))], {
    state: { losses: true },
  });
  expect(screen.indexOf('reasoning signature')).toBeGreaterThan(0);
  expect(screen.indexOf('reasoning signature')).toBeLessThan(screen.indexOf('custom tool → function'));
  expect(screen.indexOf('custom tool → function')).toBeLessThan(screen.indexOf('prompt_cache_key'));
  expect(screen).toContain('1 of 3 change meaning');
});

test('a low screen shows losses in the place of the stream, a high one below it', () => {
  expect(layoutWatch(24, undefined).losses).toBe(0);
  expect(layoutWatch(24, true)).toMatchObject({ stream: 0 });
  expect(layoutWatch(40, undefined).losses).toBeGreaterThan(3);
  expect(layoutWatch(40, undefined).stream).toBeGreaterThan(layoutWatch(40, undefined).losses);
  expect(layoutWatch(40, false).losses).toBe(0);
  for (let rows = 1; rows < 120; rows++) {
    for (const losses of [undefined, true, false]) {
      expect(Object.values(layoutWatch(rows, losses)).reduce((sum, each) => sum + each)).toBe(rows);
    }
  }
});

test('of many exchanges the newest are in view, or the held one', () => {
  const many = Array.from({ length: 60 }, (_, index) => exchangeMessage(exchange(index + 1)));
  expect(drawn([HELLO, ...many])).toMatch(/▸ +60 ✓/);
  expect(drawn([HELLO, ...many])).not.toMatch(/ 20 ✓/);
  expect(drawn([HELLO, ...many], { state: { held: 'x20' } })).toMatch(/▸ +20 ✓/);
});

test('--ascii draws nothing beyond ASCII, whatever the model says', () => {
  const screen = drawn([...workingSession(), deltaMessage('x36', 'text', '你好 → ✓')], {
    ascii: true,
    height: 40,
  });
  expect(screen).toMatch(/^[\n\x20-\x7e]*$/);
  expect(screen).toContain('resp>chat');
});

test('what a model says cannot control the terminal', () => {
  const screen = drawn([
    HELLO,
    exchangeMessage(waiting(1, { state: 'streaming', alias: 'a\u001b[2Jb', model: 'm\u009b31m\n\n' })),
    deltaMessage('x1', 'text', '\u001b]0;owned\u0007\u001b[2J\u001b[H'),
    deltaMessage('x1', 'tool-call', 'sh\u001b[1mell'),
    deltaMessage('x1', 'tool-arguments', '\r\n\u0008\u0008'),
  ]);
  expect(screen).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(screen.split('\n')).toHaveLength(24);
});

test('no row is longer than the terminal and there are exactly as many as it has, at any size, whatever is said', () => {
  const words = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(
      '你好世界'.repeat(20),
      '👩‍👩‍👧 '.repeat(20),
      'x'.repeat(300),
      'a\nb\tc\r\n',
      '\u001b[31m',
    ),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 210 }),
      fc.integer({ min: 1, max: 60 }),
      words,
      words,
      fc.constantFrom<Partial<WatchState>>({}, { help: true }, { losses: true }, { focus: 'stream', top: 0 }),
      (width, height, name, said, state) => {
        const screen = drawn(
          [
            ...workingSession(),
            exchangeMessage(exchange(37, { alias: name, model: said, modelAsked: name, losses: LOSSES })),
            exchangeMessage(exchange(38, { state: 'failed', error: { kind: 'upstream', message: said } })),
            deltaMessage('x38', 'text', said),
            deltaMessage('x38', 'reasoning', said),
          ],
          { width, height, state },
        );
        const rows = screen.split('\n');
        expect(rows).toHaveLength(height);
        for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
      },
    ),
    { numRuns: 150 },
  );
});
