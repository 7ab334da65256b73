/** What a tool answered, as far as its text tells. */
export interface ToolResult {
  readonly ok: boolean;
  readonly output: string;
}

/** Words with which agents report that a tool did not do its job. */
const FAILURE =
  /^(?:error|failed|failure|execution error|unsupported call|aborted)\b|\bverification failed\b|\brejected\b|\bread-only (?:file system|sandbox)\b|\bpermission denied\b|\boperation not permitted\b|\b(?:denied|declined|cancelled|interrupted) by (?:the )?user\b/i;

/** Reads a tool's answer; an agent that states an exit code is taken at its word. */
export function readToolResult(text: string): ToolResult {
  const plain = fromJson(text) ?? text;
  const exitCode = /(?:exited with code|exit code:?|exit_code=)\s*(-?\d+)/i.exec(plain)?.[1];
  // Codex puts what the command printed after a line of its own.
  const output = (/(?:^|\n)Output:\n([\s\S]*)$/.exec(plain)?.[1] ?? plain).trim();
  if (exitCode !== undefined) return { ok: Number(exitCode) === 0, output };
  return { ok: !FAILURE.test(plain), output };
}

/** Older agents answer `{"output": "…", "metadata": {"exit_code": 0}}`. */
function fromJson(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const { output, metadata } = JSON.parse(text) as {
      output?: unknown;
      metadata?: { exit_code?: unknown } | null;
    };
    if (typeof output !== 'string') return undefined;
    const code = metadata?.exit_code;
    return typeof code === 'number' ? `Exit code: ${code}\nOutput:\n${output}` : output;
  } catch {
    return undefined;
  }
}
