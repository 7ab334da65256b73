import type { MouseEvent } from './input-router.ts';
import type { Rectangle } from './layout.ts';

/**
 * A mouse event as a child in this area asked to be told of it: SGR (DECSET 1006), or the old form, which has no room
 * for cells past 223 and does not say which button was released. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export function mouseReport(event: MouseEvent, area: Rectangle, sgr: boolean): string | Buffer | undefined {
  const x = event.x - area.x + 1;
  const y = event.y - area.y + 1;
  if (sgr) return `\x1b[<${event.button};${x};${y}${event.release ? 'm' : 'M'}`;
  if (x > 223 || y > 223) return undefined;
  const button = event.release ? (event.button & ~3) | 3 : event.button;
  return Buffer.from([27, 91, 77, 32 + button, 32 + x, 32 + y]);
}
