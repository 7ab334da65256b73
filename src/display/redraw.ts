import { useEffect, useState } from 'react';
import type { TrafficStore } from './store.ts';

/** Milliseconds. */
export interface RedrawPace {
  /** Between frames while text streams. */
  readonly streaming: number;
  /** Between frames when something starts or ends: soon enough to feel immediate, bounded under a flood. */
  readonly event: number;
  /** Between frames of a clock that runs (`prefill 3s`). */
  readonly clock: number;
}

const REDRAW_PACE: RedrawPace = { streaming: 200, event: 30, clock: 1000 };

/**
 * Draws a component anew when the store changed: at once when something started or ended, at the streaming pace for
 * more text, and by the clock while `ticking`. Returns the time of the frame, milliseconds since the epoch.
 */
export function useTraffic(store: TrafficStore, ticking: boolean, pace: RedrawPace = REDRAW_PACE): number {
  // An object, so that two frames within one millisecond are still two.
  const [frame, setFrame] = useState(() => ({ now: Date.now() }));

  useEffect(() => {
    let drawn = 0;
    let timer: NodeJS.Timeout | undefined;
    let due = 0;
    const draw = () => {
      timer = undefined;
      drawn = performance.now();
      setFrame({ now: Date.now() });
    };
    const unsubscribe = store.subscribe((urgency) => {
      const wait = urgency === 'now' ? pace.event : pace.streaming;
      const at = Math.max(performance.now(), drawn + wait);
      if (timer && due <= at) return;
      clearTimeout(timer);
      due = at;
      timer = setTimeout(draw, Math.max(0, at - performance.now()));
    });
    // What came between the first frame and this subscription.
    draw();
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [store, pace]);

  useEffect(() => {
    if (!ticking) return;
    const clock = setInterval(() => setFrame({ now: Date.now() }), pace.clock);
    return () => clearInterval(clock);
  }, [ticking, pace]);

  return frame.now;
}
