import { formatAge, formatElapsed, formatUsd } from '../format.ts';
import { cell, type Line, STYLE, span } from '../line.ts';
import { frame } from '../panels/frame.ts';
import { cellWidth } from '../text.ts';
import type { Theme } from '../theme.ts';
import type { PickerModel, PickerRecent } from './model.ts';
import type { Scene } from './scene.ts';

/** The sessions that were last run, the newest first. */
export function recentPanel({ model, width, height, theme }: Scene): readonly Line[] {
  const what = ({ preset, alias }: PickerRecent) =>
    alias === undefined || alias === preset ? preset : `${preset} ${alias}`;
  const whatWidth = Math.min(36, Math.max(...model.recent.map((recent) => cellWidth(what(recent)))));
  const now = Date.now();
  const rows = model.recent.map((recent): Line => {
    const { client, requests, cost, durationMs, startedAt } = recent;
    const figure = (text: string | undefined, cells: number) =>
      span(`  ${cell(text ?? '', cells, theme, 'right')}`, STYLE.dim);
    return [
      span(`  ${cell(formatAge(startedAt, now), 8, theme, 'right')}`, STYLE.dim),
      span(`  ${cell(what(recent), whatWidth, theme)}`, STYLE.strong),
      span(`  ${cell(clientName(client, model), 9, theme)}`),
      figure(requests === undefined ? undefined : `${requests} req`, 8),
      figure(cost === undefined ? undefined : formatUsd(cost), 7),
      figure(durationMs === undefined ? undefined : formatElapsed(durationMs), 6),
      ...end(recent, theme),
    ];
  });
  return frame(rows, { title: 'Recent sessions', width, height, theme });
}

/** What a client is called here. */
export function clientName(id: string, { clients }: PickerModel): string {
  return clients.find((client) => client.id === id)?.label ?? id;
}

function end({ running, exitCode }: PickerRecent, { symbols }: Theme): Line {
  if (running) return [span(`  ${symbols.running} running`, STYLE.active)];
  if (exitCode === undefined) return [];
  return [span(`  exit ${exitCode}`, exitCode === 0 ? STYLE.dim : STYLE.bad)];
}
