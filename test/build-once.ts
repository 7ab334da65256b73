import { execa } from 'execa';

/** Whatever starts a process runs the built program: build it once before the tests. */
export default async function setup(): Promise<void> {
  if (process.env.LLMUP_TEST_SKIP_BUILD === '1') return;
  await execa('npm', ['run', '--silent', 'build'], { cwd: new URL('..', import.meta.url).pathname });
}
