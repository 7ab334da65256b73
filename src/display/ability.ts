type Environment = Readonly<Record<string, string | undefined>>;

interface Terminals {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
}

/** Whether there is a person at a terminal, who can be asked something line by line. */
export function asksLines({ stdin, stdout }: Terminals, env: Environment): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && !runsInCi(env);
}

/**
 * Whether there is a person at a terminal that full screens can be drawn on; else lines it is.
 *
 * @param asked the user has asked for a screen in so many words, in a CI job too
 */
export function drawsScreens(io: Terminals, env: Environment, asked = false): boolean {
  return (
    asksLines(io, asked ? {} : env) &&
    env.TERM !== 'dumb' &&
    // Ink's own sign for screen readers, which moving text defeats.
    env.INK_SCREEN_READER !== 'true'
  );
}

/** A terminal in a CI job is a log: the same sign that Ink goes by. */
function runsInCi(env: Environment): boolean {
  return ['CI', 'CONTINUOUS_INTEGRATION'].some((name) => {
    const value = env[name];
    return value !== undefined && value !== '0' && value !== 'false';
  });
}
