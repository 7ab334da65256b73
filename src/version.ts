/** Put in by the build (`.ci/build.mjs`); absent when the sources run unbundled, as in tests. */
declare const LLMUP_VERSION: string | undefined;

/** The package's version, for `--version`, user agents and journals. */
export const version = typeof LLMUP_VERSION === 'string' ? LLMUP_VERSION : '0.0.0-source';
