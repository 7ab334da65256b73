import type { IPty } from '@lydell/node-pty';
import type { Pty } from './child-pane.ts';
import { PtyWriter } from './pty-writer.ts';

/** What the library's types leave out. */
interface PtyDetails {
  /** Its side of the terminal; absent on Windows. */
  readonly fd?: number;
  on(event: 'close', listener: () => void): void;
}

/** A program that the PTY library started with `encoding: null`, as a pane wants it. */
export function adoptPty(child: IPty): Pty {
  const { fd, on } = child as IPty & PtyDetails;
  const writer = fd === undefined ? undefined : new PtyWriter(fd);
  if (writer) on.call(child, 'close', () => writer.close());
  return {
    pid: child.pid,
    // The library takes buffers too.
    write: (data) => (writer ? writer.write(data) : child.write(data as string)),
    resize: (columns, rows) => child.resize(columns, rows),
    pause: () => child.pause(),
    resume: () => child.resume(),
    kill: (signal) => child.kill(signal),
    // Without an encoding it hands out buffers, whatever its types say.
    onData: (listener) => child.onData((data) => listener(data as unknown as Buffer)),
    onExit: (listener) =>
      child.onExit((exit) => {
        writer?.close();
        listener(exit);
      }),
  };
}
