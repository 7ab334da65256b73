import { readSync } from 'node:fs';
import type { IPty } from '@lydell/node-pty';
import type { Pty } from './child-pane.ts';
import { PtyWriter } from './pty-writer.ts';

/** What the library's types leave out. */
interface PtyDetails {
  /** Its side of the terminal; absent on Windows. */
  readonly fd?: number;
  /** What it reads that side with. */
  readonly _socket?: NodeJS.ReadStream;
  on(event: 'close', listener: () => void): void;
}

/** A program that the PTY library started with `encoding: null`, as a pane wants it. */
export function adoptPty(child: IPty): Pty {
  const { fd, on, _socket: socket } = child as IPty & PtyDetails;
  const writer = fd === undefined ? undefined : new PtyWriter(fd);
  if (writer) on.call(child, 'close', () => writer.close());
  if (socket && fd !== undefined) readToTheEnd(socket, fd);
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

/** Milliseconds without a byte after which an ended program has said all it had to say. */
const QUIET_MS = 50;
/** Milliseconds that what it left running may go on writing. */
const LONGEST_MS = 5000;

/**
 * Sees to it that the last lines of a program are not lost where this process is busy or the pane lags behind. Once
 * nobody has the terminal open, libuv takes a read that did not fill its buffer for the last one, which reads of a
 * terminal never do; a stream that fails drops what it has not handed out; and the library lets go of a terminal 200 ms
 * after its program has ended, whether or not everything was read.
 */
function readToTheEnd(socket: NodeJS.ReadStream, fd: number): void {
  const destroy = socket.destroy.bind(socket);
  let heard = true;
  let deadline: number | undefined;
  socket.on('data', () => {
    heard = true;
  });
  socket.destroy = (error) => {
    deadline ??= performance.now() + LONGEST_MS;
    const more = (heard || socket.isPaused()) && performance.now() < deadline;
    if (error || socket.readableEnded || !more) {
      socket.read();
      for (const rest of unread(fd)) socket.emit('data', rest);
      return destroy(error);
    }
    heard = false;
    setTimeout(() => socket.destroy(), QUIET_MS);
    return socket;
  };
}

/** What a terminal still holds. */
function* unread(fd: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(4096);
    let read: number;
    try {
      read = readSync(fd, buffer);
    } catch {
      // EIO: it is empty, and nobody has it open; EAGAIN: somebody has.
      return;
    }
    if (read === 0) return;
    yield buffer.subarray(0, read);
  }
}
