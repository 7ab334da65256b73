import type { Exchange } from '../traffic/exchange.ts';

/**
 * The exchange in view unless another one is chosen: the newest one of the work itself. A client asks for a title of
 * its thread besides, at the same time, and nobody waits for that.
 */
export function newestOf(exchanges: readonly Exchange[]): Exchange | undefined {
  let newest: Exchange | undefined;
  for (const each of exchanges) {
    if (!newest || rank(each) > rank(newest) || (rank(each) === rank(newest) && each.number > newest.number))
      newest = each;
  }
  return newest;
}

function rank({ purpose }: Exchange): number {
  return purpose === 'thread_title' ? 0 : 1;
}
