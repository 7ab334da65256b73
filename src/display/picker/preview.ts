import { formatCount, formatTokens } from '../format.ts';
import { cell, type Line, STYLE, span } from '../line.ts';
import { FRAME_COLUMNS, frame } from '../panels/frame.ts';
import { cellWidth, wrap } from '../text.ts';
import type { Theme } from '../theme.ts';
import type { RouteEffect } from './model.ts';
import { type Scene, wireWords } from './scene.ts';

/** What a session with this preset would be. */
export function previewPanel(scene: Scene): readonly Line[] {
  const { width, height, theme } = scene;
  const lines = previewLines(scene, Math.max(2, width - FRAME_COLUMNS));
  return frame(lines, { title: 'Preview', width, height, theme });
}

/** Where requests go, what they lose on the way, and what else the preset has. */
export function previewLines({ selection, theme }: Scene, inner: number): readonly Line[] {
  const { preset, alias, client } = selection;
  if (!preset) return [];
  const fact = (label: string, text: string): readonly Line[] =>
    wrap(text, inner - 9).map((part, row) => [
      span(cell(row === 0 ? label : '', 9, theme), STYLE.dim),
      span(part),
    ]);
  const { arrow, pointer, dot } = theme.symbols;
  const routes = preset.aliases.map((each): Line => {
    const chosen = each === alias;
    return [
      span(chosen ? `${pointer} ` : '  ', STYLE.active),
      span(each.name, chosen ? STYLE.strong : {}),
      span(` ${arrow} ${each.upstream}:${each.model ?? theme.symbols.cut}`, STYLE.dim),
    ];
  });
  const limits = [
    ...(alias?.contextWindow === undefined ? [] : [`${formatTokens(alias.contextWindow)} context`]),
    ...(alias?.price ? [`$${alias.price.input} in, $${alias.price.output} out per million`] : []),
  ].join(` ${dot} `);
  return [
    [span(preset.title ?? preset.name, STYLE.title)],
    ...wrap(preset.description ?? '', inner).map((text) => [span(text, STYLE.dim)]),
    [],
    ...(alias ? fact('client', client?.label ?? '') : []),
    ...(alias ? fact('model', alias.name) : []),
    ...(alias ? fact('wire', wireWords(alias, theme)) : []),
    ...(limits === '' ? [] : fact('limits', limits)),
    ...(alias?.effects ? [[], ...effectLines(alias.effects, inner, theme)] : []),
    ...(routes.length > 0 ? [[], [span(formatCount(routes.length, 'model'), STYLE.strong)], ...routes] : []),
  ];
}

/** One line for each thing that agents send: kept, in another shape, or lost. */
function effectLines(effects: readonly RouteEffect[], inner: number, theme: Theme): readonly Line[] {
  const nameWidth = Math.max(...effects.map(({ what }) => cellWidth(what)));
  const looks = {
    kept: { symbol: theme.symbols.ok, style: STYLE.ok },
    emulated: { symbol: theme.symbols.dot, style: STYLE.dim },
    lost: { symbol: theme.symbols.loss, style: STYLE.warn },
  } as const;
  const lines = effects.flatMap(({ what, kind, fate }) => {
    const { symbol, style } = looks[kind];
    return wrap(fate, inner - nameWidth - 4).map(
      (part, row): Line => [
        span(row === 0 ? `${symbol} ` : '  ', style),
        span(`${cell(row === 0 ? what : '', nameWidth, theme)}  `),
        span(part, kind === 'lost' ? style : STYLE.dim),
      ],
    );
  });
  return [[span('What a request loses', STYLE.strong)], ...lines];
}
