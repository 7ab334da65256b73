import { useEffect, useState } from 'react';
import type { SessionRow } from './panels/sessions.ts';

/** The sessions of this machine, and the way to look at another one. */
export interface SessionsFeed {
  /** Running ones first, the newest first. */
  readonly list: () => Promise<readonly SessionRow[]>;
  /** Turns the viewer to it. @throws an Error that says why it cannot be. */
  readonly open: (session: SessionRow) => Promise<void>;
}

/** Milliseconds between two looks at the registry, while somebody looks at the list. */
const PACE_MS = 1500;

/** What sessions there are, read while they are shown. */
export function useSessions(
  feed: SessionsFeed | undefined,
  shown: boolean,
): readonly SessionRow[] | undefined {
  const [sessions, setSessions] = useState<readonly SessionRow[]>();

  useEffect(() => {
    if (!feed || !shown) return;
    let left = false;
    const read = () =>
      feed.list().then(
        (list) => {
          if (!left) setSessions(list);
        },
        () => {},
      );
    void read();
    const timer = setInterval(read, PACE_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [feed, shown]);

  return sessions;
}
