import { describe, expect, test } from 'vitest';
import { geometry, type Layout } from '../../../src/display/compositor/layout.ts';
import { FEATURE_SCREEN } from '../../display/compositor/cells.ts';
import { type Machine, makeMachine } from '../../sessions/program.ts';
import type { Screen } from '../screen.ts';
import { type Agent, startAlone, startSession } from './agent.ts';

const SAYS = { foreground: 'rgb:dddd/dddd/dddd', background: 'rgb:1111/2222/3333', kitty: true };

interface Pair {
  readonly alone: { readonly screen: Screen; readonly agent: Agent };
  readonly pane: { readonly screen: Screen; readonly agent: Agent };
  readonly area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** The same bytes to both. */
  write(bytes: string | Buffer): Promise<void>;
  /** Waits until both show the same in every cell, with the cursor in the same place. */
  same(): Promise<void>;
}

/** One program in a pane of a terminal, and alone in a terminal of that pane's size. */
async function pair(columns: number, rows: number, layout: Layout, says = SAYS): Promise<Pair> {
  const machine: Machine = await makeMachine();
  const area = geometry(columns, rows, layout).pane;
  const [pane, alone] = await Promise.all([
    startSession({ machine, columns, rows, says, options: ['--layout', layout] }),
    startAlone(machine, { columns: area.width, rows: area.height, says }),
  ]);
  await pane.agent.has(`${area.width}x${area.height}`);
  return {
    alone,
    pane,
    area,
    write: async (bytes) => {
      await Promise.all([alone, pane].map(({ agent }) => agent.shows(bytes)));
    },
    same: async () => {
      const differing = () => {
        const wanted = alone.screen.cells();
        return pane.screen
          .cells(area)
          .flatMap((cell, at) => (cell === wanted[at] ? [] : [[wanted[at], cell]]));
      };
      const { x, y, ...shape } = alone.screen.cursor;
      const cursor = { x: area.x + x, y: area.y + y, ...shape };
      await pane.screen
        .until(({ cursor: at }) => differing().length === 0 && JSON.stringify(at) === JSON.stringify(cursor))
        .catch(() => {
          expect(differing().slice(0, 10)).toEqual([]);
          expect(pane.screen.cursor).toEqual(cursor);
        });
    },
  };
}

/** No text in any encoding; without accents that stand on nothing, which terminals show each in its own way. */
const NOISE = Buffer.from(
  Array.from({ length: 3000 }, (_, at) => (at * 7919) % 256).filter((byte) => byte !== 0xcc && byte !== 0xcd),
);

/** The feature screen, wide characters at the edges, and what a client does while it runs. */
const SCENES: readonly (readonly [what: string, bytes: string | Buffer])[] = [
  ['colours, attributes, wide characters, regions, links', FEATURE_SCREEN],
  ['the same on the alternate screen', `\x1b[?1049h${FEATURE_SCREEN}`],
  [
    'wide characters at the right edge',
    '\x1b[2J\x1b[1;59H日本語\x1b[2;999H語\x1b[3;1H語\x1b[3;1Ha\x1b[4;1Hab\x1b[4;1H語',
  ],
  [
    'inserted and deleted lines in a region',
    '\x1b[3;9r\x1b[5;1H\x1b[2L\x1b[44mnew\x1b[K\x1b[0m\x1b[7;1H\x1b[M\x1b[r',
  ],
  ['a hidden cursor of another shape', '\x1b[?25l\x1b[4 q\x1b[10;20H'],
  [
    'text that scrolls',
    `\x1b[?25h\x1b[2J\x1b[H${Array.from({ length: 60 }, (_, row) => `row ${row} 行`).join('\r\n')}`,
  ],
  ['the normal screen again, as it was', '\x1b[?1049l'],
  ['a soft reset shows the cursor', '\x1b[?25l\x1b[!p'],
  ['bytes that are no text', NOISE],
  ['a full reset', '\x1bc\x1b[1;31mafter it'],
];

describe.each<[Layout, number, number]>([
  ['full', 100, 31],
  ['right', 120, 40],
  ['bottom', 100, 40],
])('in the layout %s', (layout, columns, rows) => {
  test('the pane shows what the program alone shows: no cell differs, nor the cursor', async () => {
    const { write, same } = await pair(columns, rows, layout);
    for (const [what, bytes] of SCENES) {
      await write(bytes);
      await same().catch((error: unknown) => {
        throw new Error(what, { cause: error });
      });
    }
  });
});

test('title, bell, links and the clipboard reach the terminal; reading the clipboard does not', async () => {
  const { screen, agent } = await startSession({ columns: 80, rows: 24 });
  await agent.write(
    '\x1b]2;my title\x07\x07\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07\x1b]8;;https://example.com/x\x1b\\link\x1b]8;;\x1b\\',
  );
  await screen.until(({ cells }) =>
    cells.call(screen).some((cell) => cell.includes('https://example.com/x')),
  );
  expect(screen.title).toBe('my title');
  expect(screen.bells).toBe(1);
  expect(screen.clipboard).toEqual(['c;aGVsbG8=']);
});

const QUERIES = {
  'device attributes': '\x1b[c',
  'secondary device attributes': '\x1b[>c',
  status: '\x1b[5n',
  cursor: '\x1b[3;7H\x1b[6n',
  foreground: '\x1b]10;?\x07',
  background: '\x1b]11;?\x1b\\',
  'keyboard protocol': '\x1b[?u',
  'its flags when pushed': '\x1b[>5u\x1b[?u\x1b[<u',
  'synchronized output': '\x1b[?2026$p',
  'bracketed paste': '\x1b[?2004$p',
  'selective attributes': '\x1bP$qm\x1b\\',
};

/** What each query is answered with. */
async function answersOf(agent: Agent): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const [name, query] of Object.entries(QUERIES)) {
    agent.forget();
    answers[name] = await agent.shows(query);
  }
  return answers;
}

test.each([
  ['that tells its colours and has the keyboard protocol', SAYS],
  ['that is silent', {}],
])('queries are answered as by a terminal %s', async (_, says) => {
  const { alone, pane } = await pair(100, 31, 'full', says as typeof SAYS);
  expect(await answersOf(pane.agent)).toEqual(await answersOf(alone.agent));
});
