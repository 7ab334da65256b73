import type { SessionView } from '../../sessions/view.ts';
import { formatAge, formatPath } from '../format.ts';
import { cell, fitLine, highlight, type Line, STYLE, span } from '../line.ts';
import { cellWidth } from '../text.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame, type Place } from './frame.ts';

/** A session or proxy of this machine, as the registry has it. */
export interface SessionRow {
  readonly view: SessionView;
  readonly running: boolean;
  /** It runs, and has a socket. */
  readonly watchable: boolean;
  /** Once it has ended by itself. */
  readonly exitCode?: number;
}

export interface SessionsProps extends Place {
  /** Running ones first, the newest first; undefined until they are read. */
  readonly sessions: readonly SessionRow[] | undefined;
  /** The one in view. */
  readonly watched: string | undefined;
  /** Row of the cursor. */
  readonly at: number;
  readonly now: number;
}

/** The Sessions panel: what else can be watched, and what there was. */
export function sessionsPanel(props: SessionsProps): readonly Line[] {
  const { sessions, at, height } = props;
  const running = sessions?.filter((session) => session.running).length ?? 0;
  const note = running > 0 ? [span(`${running} running`, STYLE.ok)] : [];
  if (!sessions || sessions.length === 0) {
    const text = sessions ? 'No session yet. Start one in another terminal: llmup codex' : '';
    return frame([[span(text, STYLE.dim)]], { ...props, title: 'Sessions', note });
  }
  const room = Math.max(1, height - FRAME_ROWS);
  const cursor = Math.min(at, sessions.length - 1);
  const first = Math.max(0, Math.min(cursor - Math.floor(room / 2), sessions.length - room));
  const content = sessions
    .slice(first, first + room)
    .map((session, row) => sessionLine(session, first + row === cursor, props));
  return frame(content, { ...props, title: `Sessions ${sessions.length}`, note });
}

function sessionLine(session: SessionRow, selected: boolean, props: SessionsProps): Line {
  const { sessions = [], watched, focused, now, width, theme } = props;
  const { view, running, exitCode } = session;
  const { symbols } = theme;
  const longest = (text: (row: SessionRow) => string, most: number) =>
    Math.min(most, Math.max(...sessions.map((row) => cellWidth(text(row)))));
  const state = running
    ? { text: `${symbols.running} ${view.id === watched ? 'in view' : 'running'}`, style: STYLE.active }
    : exitCode === undefined || exitCode === 0
      ? { text: `${symbols.ok} ended`, style: STYLE.dim }
      : { text: `${symbols.bad} exit ${exitCode}`, style: STYLE.bad };
  const line = [
    span(selected ? `${symbols.pointer} ` : '  ', STYLE.active),
    span(cell(state.text, 10, theme), state.style),
    span(`  ${cell(clientOf(session), longest(clientOf, 16), theme)}`, STYLE.strong),
    span(`  ${cell(presetOf(session), longest(presetOf, 32), theme)}`),
    span(`  ${cell(formatAge(view.startedAt, now), 9, theme, 'right')}`),
    span(`  ${cell(idOf(session), longest(idOf, 20), theme)}`, STYLE.dim),
    span(`  ${formatPath(view.workspace)}`, STYLE.dim),
  ];
  return selected && focused ? highlight(fitLine(line, width - FRAME_COLUMNS, theme)) : line;
}

function clientOf({ view }: SessionRow): string {
  return view.kind === 'serve' ? 'proxy' : [view.client, view.clientVersion].filter(Boolean).join(' ');
}

function presetOf({ view }: SessionRow): string {
  return view.alias === undefined || view.alias === view.preset
    ? view.preset
    : `${view.preset} ${view.alias}`;
}

/** The end of an id is enough to name a session by. */
function idOf({ view }: SessionRow): string {
  return view.id.split('-').at(-1) ?? view.id;
}
