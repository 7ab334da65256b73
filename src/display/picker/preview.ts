import { formatCount, formatTokens } from '../format.ts';
import { cell, type Line, STYLE, span } from '../line.ts';
import { FRAME_COLUMNS, frame } from '../panels/frame.ts';
import { wrap } from '../text.ts';
import { type Scene, wireWords } from './scene.ts';

/** What a session with this preset would be. */
export function previewPanel({ selection, width, height, theme }: Scene): readonly Line[] {
  const { preset, alias, client } = selection;
  const inner = Math.max(2, width - FRAME_COLUMNS);
  if (!preset) return frame([], { title: 'Preview', width, height, theme });
  const fact = (label: string, text: string): readonly Line[] =>
    wrap(text, inner - 9).map((part, row) => [
      span(cell(row === 0 ? label : '', 9, theme), STYLE.dim),
      span(part),
    ]);
  const { arrow } = theme.symbols;
  const routes = preset.aliases.map((each): Line => {
    const chosen = each === alias;
    return [
      span(chosen ? `${theme.symbols.pointer} ` : '  ', STYLE.active),
      span(each.name, chosen ? STYLE.strong : {}),
      span(` ${arrow} ${each.upstream}:${each.model ?? '…'}`, STYLE.dim),
    ];
  });
  const limits = [
    ...(alias?.contextWindow === undefined ? [] : [`${formatTokens(alias.contextWindow)} context`]),
    ...(alias?.price ? [`$${alias.price.input} in, $${alias.price.output} out per million`] : []),
  ].join(` ${theme.symbols.dot} `);
  const content: readonly Line[] = [
    [span(preset.title ?? preset.name, STYLE.title)],
    ...wrap(preset.description ?? '', inner).map((text) => [span(text, STYLE.dim)]),
    [],
    ...(alias ? fact('client', client?.label ?? '') : []),
    ...(alias ? fact('model', alias.name) : []),
    ...(alias ? fact('wire', wireWords(alias, theme)) : []),
    ...(limits === '' ? [] : fact('limits', limits)),
    ...(routes.length > 0 ? [[], [span(formatCount(routes.length, 'model'), STYLE.strong)], ...routes] : []),
  ];
  return frame(content, { title: 'Preview', width, height, theme });
}
