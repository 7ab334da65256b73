import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of the largest file that can be a config; what is larger is something else, perhaps without an end. */
const MAX_BYTES = 1024 * 1024;

export interface TextFile {
  readonly text: string;
  /** Its permissions, as of the file that was read. */
  readonly mode: number;
}

/**
 * Reads a small text file that people write: UTF-8, or UTF-16 with its mark, as some shells and editors save it.
 * @throws {Error} that says in words what is wrong: see {@link readFault}.
 */
export function readTextFile(file: string): TextFile {
  const fd = openSync(file, 'r');
  try {
    return { text: decode(readAll(fd)), mode: fstatSync(fd).mode };
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const read = readSync(fd, chunk);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    size += read;
    if (size > MAX_BYTES) throw new Unreadable('it is larger than 1 MiB, and so nothing that llmup reads');
  }
}

function decode(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable('it is not text in UTF-8: save it as such');
  }
}

/** A file that can be opened, and is still nothing to read. */
class Unreadable extends Error {}

/** Why a file could not be read, in words. */
export function readFault(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read (permission denied)';
    case 'EISDIR':
      return 'it is a directory, not a file';
    default:
      return `it cannot be read (${errorCode(error) ?? 'unknown reason'})`;
  }
}

/** The system's name of a fault: `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
