type Environment = Readonly<Record<string, string | undefined>>;

/** Whether there is a person at a terminal that full screens can be drawn on; else lines it is. */
export function drawsScreens(
  io: { readonly stdin: { readonly isTTY?: boolean }; readonly stdout: { readonly isTTY?: boolean } },
  env: Environment,
): boolean {
  return (
    io.stdin.isTTY === true &&
    io.stdout.isTTY === true &&
    env.TERM !== 'dumb' &&
    // Ink's own sign for screen readers, which moving text defeats.
    env.INK_SCREEN_READER !== 'true' &&
    !runsInCi(env)
  );
}

/** A terminal in a CI job is a log: the same sign that Ink goes by. */
function runsInCi(env: Environment): boolean {
  return ['CI', 'CONTINUOUS_INTEGRATION'].some((name) => {
    const value = env[name];
    return value !== undefined && value !== '0' && value !== 'false';
  });
}
