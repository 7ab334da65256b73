import type { Effort } from '../protocols/conversation.ts';
import type { ModelLimits, Surface } from './config.ts';

/** What is known of one model name, as a Codex model catalog tells it. */
export interface CatalogModel {
  /** The name the client uses: an alias, or `UPSTREAM:MODEL`. */
  readonly name: string;
  readonly limits: ModelLimits;
  readonly surface: Surface;
  /** Efforts the upstream takes; empty when it does not understand effort. */
  readonly efforts: readonly Effort[];
}

/**
 * Tokens assumed where no limit is configured. Codex compacts a conversation only when it knows the window, and
 * without compaction a long session ends in the upstream's refusal.
 */
const ASSUMED_CONTEXT_WINDOW = 128_000;

/**
 * One entry of Codex's model catalog (`model_catalog_json`, `GET …/models?client_version=…`).
 *
 * A field that is missing or has a value Codex does not know keeps Codex from starting, for the whole catalog.
 * @param instructions the system text Codex sends with this model, instead of llmup's own
 */
export function codexCatalogEntry(model: CatalogModel, instructions?: string): Record<string, unknown> {
  const window = model.limits.contextWindow ?? ASSUMED_CONTEXT_WINDOW;
  return {
    slug: model.name,
    display_name: model.name,
    description: 'via llmup',
    // Without `default_reasoning_level` Codex names no effort until the user does: not every model takes one.
    supported_reasoning_levels: model.efforts.map((effort) => ({
      effort,
      description: EFFORT_DESCRIPTIONS[effort],
    })),
    shell_type: 'unified_exec',
    visibility: 'list',
    supported_in_api: true,
    priority: 1,
    support_verbosity: false,
    // The only value besides null that Codex reads. Upstreams without freeform tools get a bridge in the proxy.
    apply_patch_tool_type: 'freeform',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    experimental_supported_tools: [],
    context_window: window,
    max_context_window: window,
    auto_compact_token_limit: compactionLimit(window, model.limits.maxOutputTokens),
    input_modalities: inputModalities(model.surface),
    base_instructions: instructions ?? BASE_INSTRUCTIONS,
  };
}

/**
 * Tokens of a reply's usage above which Codex compacts before its next turn: nine tenths of what an upstream
 * leaves for input once it has set the largest output aside, since the next turn brings tool results on top.
 */
function compactionLimit(window: number, maxOutputTokens: number | undefined): number {
  // Some providers state an output limit as large as the window; half the window is then left for input.
  const room = window - (maxOutputTokens ?? 0);
  return Math.floor(0.9 * (room > 0 ? room : window / 2));
}

/** Codex knows text, image and audio; whoever says nothing is sent what Codex sends by default. */
function inputModalities(surface: Surface): readonly string[] {
  const takesImages = surface.input?.includes('image') ?? surface.supportsViewImage !== false;
  const takesAudio = surface.input?.includes('audio') ?? false;
  return ['text', ...(takesImages ? ['image'] : []), ...(takesAudio ? ['audio'] : [])];
}

const EFFORT_DESCRIPTIONS: Readonly<Record<Effort, string>> = {
  none: 'Answers without thinking first',
  minimal: 'Hardly any thinking',
  low: 'Quick, for simple work',
  medium: 'Balanced, for everyday work',
  high: 'Thorough, for hard problems',
  xhigh: 'Very thorough, for the hardest problems',
  max: 'All the thinking the model can do',
};

/** The system text for models that were not trained on Codex's tools: what they are, and how the tools want to be used. */
const BASE_INSTRUCTIONS = `You are a coding agent working in the Codex CLI, in a terminal on the user's machine. You and the user share one workspace. Carry the task through: look, change, verify, report.

How to work
- Read before you write. Find things with \`rg\` and \`rg --files\`; read only the parts you need.
- Follow the conventions of the code around your change, and the instructions in AGENTS.md files, the nearest one first.
- Change what the task needs and nothing else. Mend causes, not symptoms. Never undo changes that are not yours.
- Verify with the project's own tests, types or linters when there are any. Say so plainly when you could not.
- Do not commit, push, or delete what you did not make unless the user asks for it.
- Go on until the task is done. Ask only when you cannot find out and a wrong guess would be costly.

Tools
- \`exec_command\` runs a shell command. Set \`workdir\` instead of using \`cd\`. A long command goes on in a session: poll it with \`write_stdin\` and empty \`chars\`.
- Independent calls may be made at once, in the same turn.
- \`apply_patch\` edits files. Its input is the bare patch, with no JSON and no code fence around it:
*** Begin Patch
*** Update File: src/example.py
@@ def greet():
     name = "world"
-    print("Hi " + name)
+    print(f"Hello {name}")
*** Add File: notes.txt
+one line of the new file
*** Delete File: old.txt
*** End Patch
  Paths are relative to the workspace. In an update, lines begin with a space (context), \`-\` or \`+\`; give about three lines of context around a change, exactly as they stand in the file.
- When a tool reports an error, read it and mend the call instead of repeating it.

Answers
- Before a longer run of commands say in one sentence what you are about to do.
- End with a short account of what you changed and how you verified it. Name files with their paths and lines, as in \`src/app.ts:42\`. Plain text, few headings, no recital of file contents.
`;
