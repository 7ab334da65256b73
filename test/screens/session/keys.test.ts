import { expect, test } from 'vitest';
import { geometry } from '../../../src/display/compositor/layout.ts';
import { startSession } from './agent.ts';

const PREFIX = '\x1c';

test('keys reach the agent byte for byte, a pasted prefix and a lone escape among them', async () => {
  const { screen, agent } = await startSession();
  const keys = 'abc é 日本 👍🏽\r\t\x03\x04\x16\x7f\x1b[A\x1b[1;5C\x1bOP\x1b[15~\x1b[1;2R\x1bx\x1b[3~';
  screen.type(keys);
  await agent.reads(keys);

  await agent.shows('\x1b[?1h\x1b=');
  await screen.until(({ modes }) => modes.applicationCursorKeysMode && modes.applicationKeypadMode);
  screen.type('\x1bOA');
  await agent.reads('\x1bOA');

  screen.type('\x1b');
  await agent.reads('\x1b');

  await agent.shows('\x1b[?2004h');
  await screen.until(({ modes }) => modes.bracketedPasteMode);
  const paste = `\x1b[200~two\nlines, ${PREFIX}q and \x1a and \x1b[31m\x1b[201~`;
  screen.type(`${paste}after`);
  await agent.reads(`${paste}after`);
});

test('the prefix is taken, twice is one for the agent, and another one can be chosen', async () => {
  const { screen, agent } = await startSession();
  screen.type(`${PREFIX}${PREFIX}x`);
  await agent.reads(`${PREFIX}x`);
  screen.type(PREFIX);
  await screen.shows('1-4 layout');
  screen.type(' y');
  await agent.reads('y');

  const other = await startSession({ options: ['--prefix', 'ctrl-]'] });
  other.screen.type(PREFIX);
  await other.agent.reads(PREFIX);
  other.screen.type('\x1d?');
  await other.screen.shows('Keys after Ctrl-]');
  other.screen.type('x\x1d\x1dy');
  await other.agent.reads('\x1dy');
});

test('the kitty keyboard protocol: the agent’s flags, its keys as they come, the prefix in its spelling', async () => {
  const { screen, agent } = await startSession({ says: { kitty: true } });
  await agent.shows('\x1b[>7u');
  await screen.until(({ modes }) => modes.kitty === 7);
  screen.type('\x1b[13;2u\x1b[97;5u\x1b[97;5:3u');
  await agent.reads('\x1b[13;2u\x1b[97;5u\x1b[97;5:3u');
  // With num lock on, with the keys let go, with Shift pressed for the question mark.
  screen.type('\x1b[92;133u\x1b[92;133:3u\x1b[57441;130u\x1b[47:63;130;63u');
  await screen.shows('Keys after');
  // Letting go of the question mark closes nothing.
  screen.type('\x1b[47:63;2:3u');
  screen.type('x');
  await screen.until(({ text }) => !text.includes('Keys after'));
  screen.type('\x1b[92;5u\x1b[92;5:3u\x1b[92;5u\x1b[92;5:3uz');
  await agent.reads('\x1b[92;5uz');
  await agent.shows('\x1b[<u');
  await screen.until(({ modes }) => modes.kitty === 0);
});

test('5 MB pasted arrive whole', async () => {
  const { screen, agent } = await startSession();
  await agent.shows('\x1b[?2004h');
  await screen.until(({ modes }) => modes.bracketedPasteMode);
  const line = `${'0123456789'.repeat(9)}é\x1c\r`;
  const text = line.repeat(Math.ceil(5_000_000 / Buffer.byteLength(line)));
  screen.type(`\x1b[200~${text}\x1b[201~`);
  await agent.reads(`\x1b[200~${text}\x1b[201~`);
});

test('what is typed before the agent is there is not lost', async () => {
  const { agent } = await startSession({ typed: 'early' });
  await agent.reads('early');
});

test('the mouse: in the pane’s own cells, in the form asked for, and only there', async () => {
  const [columns, rows] = [120, 40];
  const { screen, agent } = await startSession({ columns, rows });
  const { pane } = geometry(columns, rows, 'right');
  const right = pane.width + 5;
  await agent.shows('\x1b[?1002h\x1b[?1006h');
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'drag');
  screen.type('\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;3;4M');
  await agent.reads('\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;3;4M');
  // A drag that leaves the pane ends at its edge.
  screen.type(`\x1b[<0;10;5M\x1b[<32;${right};6M\x1b[<0;${right};6m`);
  await agent.reads(`\x1b[<0;10;5M\x1b[<32;${pane.width};6M\x1b[<0;${pane.width};6m`);
  // A click elsewhere moves the focus, and so does the one that comes back.
  screen.type(`\x1b[<0;${right};5M\x1b[<0;${right};5m`);
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'vt200');
  screen.type('\x1b[<0;10;5M\x1b[<0;10;5m');
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'drag');
  screen.type('\x1b[<2;11;6M');
  await agent.reads('\x1b[<0;10;5m\x1b[<2;11;6M');
  // The form of old terminals.
  await agent.shows('\x1b[?1006l');
  screen.type('\x1b[<0;10;5M\x1b[<0;10;5m');
  await agent.reads('\x1b[M *%\x1b[M#*%');
});

test('focus reports: the terminal’s, and llmup’s own when the panels take the keys', async () => {
  const { screen, agent } = await startSession({ columns: 120, rows: 40 });
  screen.type('\x1b[O\x1b[I');
  await agent.shows('\x1b[?1004h');
  await screen.until(({ modes }) => modes.sendFocusMode);
  screen.type('\x1b[O\x1b[I');
  await agent.reads('\x1b[O\x1b[I');
  screen.type(`${PREFIX}\t`);
  await agent.reads('\x1b[O');
  await screen.until(({ modes }) => !modes.sendFocusMode && !modes.applicationCursorKeysMode);
  screen.type(`${PREFIX}o`);
  await agent.reads('\x1b[I');
  expect(agent.input).toBe('');
});

test('modifyOtherKeys and the mouse are the agent’s while it has the keys, and nobody’s after', async () => {
  const { screen, agent } = await startSession({ columns: 120, rows: 40 });
  await agent.shows('\x1b[>4;2m\x1b[?1003h\x1b[?1006h\x1b[?1h\x1b[?2004h\x1b[5 q');
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'any' && modes.applicationCursorKeysMode);
  expect(screen.bytes).toContain('\x1b[>4;2m');
  expect(screen.cursor.style).toBe(5);
  screen.type(`${PREFIX}\t`);
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'vt200' && !modes.applicationCursorKeysMode);
  screen.type('jk');
  screen.type(`${PREFIX}\t`);
  await screen.until(({ modes }) => modes.mouseTrackingMode === 'any' && modes.applicationCursorKeysMode);
  screen.type('x');
  await agent.reads('x');
});
