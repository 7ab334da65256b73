/** Cells of each part of the watch screen. Heights add up to the terminal's; 0 leaves a part out. */
export interface WatchLayout {
  readonly header: number;
  readonly routes: number;
  readonly stream: number;
  readonly losses: number;
  readonly totals: number;
  readonly footer: number;
}

/** From this height on, losses have a place of their own. */
const TALL = 34;
/** Below this a panel shows nothing. */
const LEAST = 4;

/** Losses are shown on a high screen unless put away, on a low one only when asked for, in the stream's place. */
export function layoutWatch(rows: number, losses: boolean | undefined): WatchLayout {
  const showLosses = losses ?? rows >= TALL;
  const chrome =
    rows >= 12
      ? { header: 1, totals: 1, footer: 1 }
      : { header: 0, totals: rows > 1 ? 1 : 0, footer: rows > 5 ? 1 : 0 };
  const room = Math.max(0, rows - chrome.header - chrome.totals - chrome.footer);
  if (room < 2 * LEAST) {
    return { ...chrome, routes: showLosses ? 0 : room, stream: 0, losses: showLosses ? room : 0 };
  }
  const routes = Math.max(room < 12 ? LEAST : 6, Math.floor(room * 0.42));
  const below = room - routes;
  if (!showLosses) return { ...chrome, routes, stream: below, losses: 0 };
  if (rows < TALL) return { ...chrome, routes, stream: 0, losses: below };
  const lossRows = Math.floor(below * 0.36);
  return { ...chrome, routes, stream: below - lossRows, losses: lossRows };
}
