import type { SessionView } from '../sessions/view.ts';
import { type Exchange, tokensPerSecond } from '../traffic/exchange.ts';
import { formatCount, formatPath } from './format.ts';
import { printable } from './text.ts';
import type { Theme } from './theme.ts';
import { changesMeaning } from './totals.ts';

/** What is being watched, as one sentence. */
export function sessionSentence(session: SessionView, theme: Theme): string {
  const { id, kind, client, clientVersion, preset, workspace, proxyUrl } = session;
  const what =
    kind === 'serve'
      ? `proxy at ${proxyUrl}`
      : [client ?? 'client', clientVersion, 'in', formatPath(workspace)].filter(Boolean).join(' ');
  return oneLine(`session ${id}, ${what}, preset ${preset}`, theme);
}

/**
 * One finished exchange as one sentence, for screen readers, pipes and logs:
 * `request 36, opus to glm-5.2, ok, 0.4 seconds to first token, 611 tokens`.
 */
export function exchangeSentence(exchange: Exchange, theme: Theme): string {
  const { number, timing, usage, cost, attempts } = exchange;
  const asked = exchange.alias ?? exchange.modelAsked;
  const model = exchange.modelServed ?? exchange.model;
  const rate = tokensPerSecond(exchange);
  const losses = exchange.losses.filter(changesMeaning).length;
  return oneLine(
    [
      `request ${number}`,
      model === undefined || model === asked ? asked : `${asked} to ${model}`,
      outcome(exchange),
      ...(attempts > 1 ? [formatCount(attempts - 1, 'retry', 'retries')] : []),
      ...(timing.firstToken === undefined
        ? []
        : [`${(timing.firstToken / 1000).toFixed(1)} seconds to first token`]),
      ...(usage?.output === undefined ? [] : [formatCount(usage.output, 'token')]),
      ...(rate === undefined ? [] : [`${Math.round(rate)} tokens a second`]),
      ...(cost === undefined ? [] : [`${Number(cost.toPrecision(2))} dollars`]),
      ...(losses > 0 ? [formatCount(losses, 'loss', 'losses')] : []),
    ].join(', '),
    theme,
  );
}

function outcome({ state, status, error, timing }: Exchange): string {
  if (state === 'done') return 'ok';
  if (state === 'cancelled') {
    return timing.end === undefined
      ? 'cancelled by the client'
      : `cancelled by the client after ${(timing.end / 1000).toFixed(1)} seconds`;
  }
  const code = status === undefined ? 'failed' : `failed with status ${status}`;
  return error ? `${code}, ${error.kind.replaceAll('-', ' ')}, ${error.message}` : code;
}

function oneLine(text: string, theme: Theme): string {
  return printable(text, theme.ascii).replaceAll('\n', ' ');
}
