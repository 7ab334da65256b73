import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { lineText } from '../../src/display/line.ts';
import type { DetailSource } from '../../src/display/panels/detail/source.ts';
import { chooseColumns } from '../../src/display/panels/route-columns.ts';
import { layoutWatch, shownPanels } from '../../src/display/panels/watch-layout.ts';
import { WATCH_PANELS, type WatchPanel } from '../../src/display/panels/watch-panel.ts';
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
  SESSIONS,
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
    readonly source?: DetailSource;
    readonly pane?: boolean;
  } = {},
): string {
  const { width = 80, height = 24, state, ascii, now = START + 363_000, pane = false } = options;
  const { source = { kind: 'gone' } } = options;
  const store = new TrafficStore();
  for (const message of messages) store.push(message);
  const theme = createTheme({ ascii }, UTF8);
  const all = { ...INITIAL_WATCH_STATE, ...state };
  const sessions = { rows: SESSIONS };
  return watchScreen({
    view: store,
    state: all,
    source,
    sessions,
    pane,
    idle: undefined,
    paused: false,
    now,
    width,
    height,
    theme,
  })
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
    state: { focus: 'losses' },
  });
  expect(screen.indexOf('reasoning signature')).toBeGreaterThan(0);
  expect(screen.indexOf('reasoning signature')).toBeLessThan(screen.indexOf('custom tool → function'));
  expect(screen.indexOf('custom tool → function')).toBeLessThan(screen.indexOf('prompt_cache_key'));
  expect(screen).toContain('1 of 3 change meaning');
});

test('as many panels as there is room for: one with tabs, two, three, two columns', () => {
  const wish = { beside: 'stream', third: 'losses', pane: false, panels: WATCH_PANELS } as const;
  const shown = (width: number, height: number, focus: WatchPanel) =>
    shownPanels(layoutWatch({ ...wish, width, height, focus }));
  expect(shown(30, 7, 'losses')).toEqual(['losses']);
  expect(shown(80, 24, 'routes')).toEqual(['routes', 'stream']);
  expect(shown(80, 24, 'upstreams')).toEqual(['routes', 'upstreams']);
  expect(shown(120, 40, 'routes')).toEqual(['routes', 'stream', 'losses']);
  expect(shown(120, 40, 'log')).toEqual(['routes', 'stream', 'log']);
  expect(layoutWatch({ ...wish, width: 200, height: 50, focus: 'routes' }).columns).toHaveLength(2);
  for (const focus of WATCH_PANELS) {
    expect(shown(120, 40, focus)).toContain(focus);
    for (let height = 1; height < 80; height++) {
      for (const width of [30, 80, 200]) {
        const { header, totals, footer, columns } = layoutWatch({ ...wish, width, height, focus });
        expect(columns.reduce((sum, column) => sum + column.width, 0)).toBe(width);
        for (const { slots } of columns) {
          const rows = slots.reduce((sum, slot) => sum + slot.height, 0);
          expect(rows + header + totals + footer).toBe(height);
        }
      }
    }
  }
});

test('a small pane shows one panel, with the keys of the others beside its name', () => {
  const screen = drawn(workingSession(), { width: 30, height: 7, pane: true });
  expect(screen.split('\n')[0]).toMatch(/^╭─ 1 Routes 3 \[234567\] ─+╮$/);
  expect(screen).toContain('✗ 429');
  expect(screen).not.toContain('llmup');
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

test('why it failed is told to its end where there is room, and the status only where it tells of it', () => {
  const message = `the connection was closed ${'after a while '.repeat(12)}by the other side`;
  const failed = exchange(1, { state: 'failed', status: 200, error: { kind: 'upstream', message } });
  const messages = [HELLO, exchangeMessage(failed)];
  const stream = drawn(messages);
  expect(stream).toContain('✗ failed');
  expect(stream).not.toContain('✗ 200');
  expect(stream).toContain('by the other side');
  const detail = { ...INITIAL_WATCH_STATE.detail, tab: 'changes' } as const;
  expect(drawn(messages, { state: { focus: 'detail', detail } })).toContain('by the other side');
});

test('of names too long for a line each keeps its beginning, and what follows them stays', () => {
  const alias = `alias-${'a'.repeat(60)}`;
  const model = `model-${'m'.repeat(60)}`;
  const messages = [HELLO, exchangeMessage(exchange(1, { alias, model, modelServed: model }))];
  expect(drawn(messages)).toMatch(/✓ 1 {2}alias-a+… → model-m+… {2}200 │/);
  expect(drawn(messages, { state: { focus: 'detail' } })).toMatch(/✓ 200 {2}alias-a+… → model-m+… {2}ttft/);
});

test('totals that do not fit are left out whole', () => {
  const rows = (width: number) => drawn(workingSession(), { width }).split('\n');
  const all = rows(200).at(-2)?.trim().split(' │ ').length ?? 0;
  for (const width of [80, 60, 44, 30]) {
    const groups = rows(width).at(-2)?.trim().split(' │ ') ?? [];
    expect(groups.length).toBeLessThanOrEqual(all);
    expect(groups.at(-1)).toMatch(/[^│…\s]$/);
  }
});

test('a help says all it has to say in a narrow pane too', () => {
  const help = drawn(workingSession(), { width: 48, height: 70, pane: true, state: { help: 0 } });
  const words = help.replace(/[│╭╮╰╯─]/g, ' ').replace(/\s+/g, ' ');
  expect(words).toContain('nothing is lost meanwhile');
  expect(words).toContain('tab shift+tab move the keys to another panel');
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
      fc.constantFrom<Partial<WatchState>>(
        {},
        { help: 0 },
        { focus: 'stream', tops: { stream: 0 } },
        ...WATCH_PANELS.map((focus) => ({ focus })),
      ),
      fc.constantFrom('clientRequest' as const, 'upstreamReply' as const, 'changes' as const),
      (width, height, name, said, panel, tab) => {
        const state = {
          ...panel,
          detail: { tab, places: {} },
          order: { ...INITIAL_WATCH_STATE.order, filter: '' },
        };
        const bodies = {
          exchangeId: 'x38',
          clientRequest: JSON.stringify({ [name]: [said, { [said]: name }], said }),
          upstreamReply: `event: ${name.replaceAll('\n', '')}\ndata: ${JSON.stringify({ said })}\n\ndata: [DONE]\n\n`,
        };
        const screen = drawn(
          [
            ...workingSession(),
            exchangeMessage(exchange(37, { alias: name, model: said, modelAsked: name, losses: LOSSES })),
            exchangeMessage(exchange(38, { state: 'failed', error: { kind: 'upstream', message: said } })),
            deltaMessage('x38', 'text', said),
            deltaMessage('x38', 'reasoning', said),
          ],
          { width, height, state, source: { kind: 'ready', bodies } },
        );
        const rows = screen.split('\n');
        expect(rows).toHaveLength(height);
        for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
      },
    ),
    { numRuns: 150 },
  );
});
