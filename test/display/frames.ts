/** A frame that Ink drew, without its colours. */
export function plainFrame(frame: string | undefined): string {
  return (frame ?? '').replace(/\u001b\[[\d;]*m/g, '');
}

/** Waits until a drawn component shows something: frames come when Ink and React are done, not at once. */
export async function untilFrame(
  read: () => string | undefined,
  holds: (frame: string) => boolean,
): Promise<string> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const frame = plainFrame(read());
    if (holds(frame)) return frame;
    if (Date.now() > deadline) throw new Error(`it did not come; the last frame was:\n${frame}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
