interface Topic {
  /** Stems of words that speak for this topic, and how much. A stem matches a word that begins with it. */
  readonly stems: Readonly<Record<string, number>>;
  readonly answer: string;
}

/** Below this the question is about something else. */
const ENOUGH = 2;

/** What the demo model knows: llmup, and itself. */
const TOPICS: readonly Topic[] = [
  {
    stems: { hello: 3, hi: 3, hey: 3, 'good morning': 3 },
    answer: `Hello! I am the demo model that is built into llmup: a small scripted agent, not a language model. Nothing you type here leaves your machine.

Ask me what llmup is, how to configure it, or how it isolates your agent. Or let me use your agent's tools: "create hello.txt" does it for real.`,
  },
  {
    stems: {
      'who are you': 5,
      'what are you': 5,
      'what can you': 5,
      'are you': 2,
      help: 2,
      demo: 2,
      'real model': 3,
      scripted: 3,
    },
    answer: `I am the demo model built into llmup: a scripted agent behind a real HTTP endpoint on your own machine, without a key and without a network. What happens around me is real: your agent, the proxy, the translation, the streams, the tool calls.

I can:
- answer questions about llmup,
- create a small text file: "create hello.txt with Good morning",
- run a harmless command: ls, cat, pwd, date, echo, uname, git status.

For anything else, start llmup with a real model.`,
  },
  {
    stems: { 'what is llmup': 5, 'about llmup': 4, llmup: 1, purpose: 2, 'what does': 1, why: 1 },
    answer: `llmup puts any model behind any coding agent, and lets you watch what goes over the wire.

It is one process. It reads a preset, starts a translating proxy on a free port of 127.0.0.1, starts the real agent (Codex CLI today) in a home of its own that points at that proxy, and prints a receipt when the agent is done. Afterwards nothing of yours has changed: your own agent's settings were never touched.`,
  },
  {
    stems: {
      'how does': 1,
      work: 2,
      proxy: 3,
      architecture: 3,
      'under the hood': 4,
      port: 2,
      translat: 2,
      route: 2,
    },
    answer: `Your agent sends its request to a proxy inside llmup, on 127.0.0.1 and behind a random key that only this session knows. The proxy finds the route for the model name, reads the request into one canonical form, writes it in the upstream's protocol, and translates the answer back, event by event, while it streams. When agent and upstream speak the same protocol, the bytes are passed on as they are.

When the agent exits, the proxy goes with it.`,
  },
  {
    stems: { preset: 4, yaml: 3, 'provider-neutral': 4, alias: 3, aliases: 3, model: 1, models: 2 },
    answer: `A preset is one YAML file that names upstreams (where requests go) and model aliases (the names your agent sees). The one that ships for your own endpoint is \`provider-neutral\`, with the alias \`preset-openai-compatible\`.

- \`llmup presets\` lists those it can see, and whether each is ready.
- \`llmup presets show NAME\` prints one.
- \`llmup models\` lists every alias with its route and limits.

Your own presets go into the \`presets\` folder of llmup's config directory; choose one with \`--preset\`.`,
  },
  {
    stems: {
      configur: 4,
      config: 4,
      setup: 3,
      'set up': 3,
      endpoint: 3,
      'own model': 4,
      'real model': 4,
      provider: 2,
      variable: 3,
      environment: 2,
      ollama: 3,
      vllm: 3,
      openai: 2,
      start: 1,
      use: 1,
      connect: 3,
    },
    answer: `Tell llmup where your model is, by three variables, and start your agent:

    export PRESET_OPENAI_ENDPOINT_BASE_URL=http://127.0.0.1:11434/v1
    export PRESET_ENDPOINT_MODEL=your-model
    export PRESET_ENDPOINT_API_KEY=your-key
    llmup codex --model preset-openai-compatible

Missing ones are named, all at once. They may also stand in a file given with \`--env-file\`, or in llmup's \`secrets.env\`. For more than one model write a config file and pass it with \`--config\`; \`llmup config check\` tells what is wrong with it, line by line.`,
  },
  {
    stems: {
      isolat: 5,
      residue: 4,
      safe: 3,
      touch: 2,
      change: 1,
      home: 2,
      settings: 2,
      '.codex': 5,
      'clean up': 3,
      'left behind': 4,
      uninstall: 3,
    },
    answer: `The agent runs in a home that belongs to llmup, so your own \`~/.codex\` is neither read nor written. Port and key of a session are given to the agent as arguments and environment, never written into a file: nothing can point at a proxy that is gone. Provider keys stay in llmup's own process; the agent's environment does not have them.

\`--ephemeral\` throws the agent's home away afterwards; \`--print-env\` shows exactly what would be started, and starts nothing.`,
  },
  {
    stems: {
      loss: 5,
      losses: 5,
      lost: 3,
      drop: 3,
      emulat: 4,
      downgrad: 4,
      strict: 3,
      ledger: 4,
      fidelity: 4,
      compatib: 3,
      lossy: 4,
    },
    answer: `Two protocols never say quite the same things, so llmup keeps a ledger. Whatever a translation cannot carry as it is, is recorded with what became of it: emulated (other shape, same meaning), downgraded, dropped, or refused. You find it in \`llmup watch\`, in the journal and on the receipt; nothing is lost silently.

With \`--strict\` a request that would lose meaning is refused instead.`,
  },
  {
    stems: { watch: 5, panel: 4, live: 2, see: 1, monitor: 3, stream: 2, ui: 3, screen: 2, observe: 3 },
    answer: `Open a second terminal and type \`llmup watch\`. It shows the running session: each exchange with its route, status, time to first token, tokens in, cached and out, speed and cost, and beside it the text, the thinking and the tool calls as they stream.

\`llmup serve --ui\` shows the same for a proxy that runs alone. Without a terminal, \`llmup watch\` prints plain lines.`,
  },
  {
    stems: {
      record: 4,
      journal: 5,
      log: 3,
      logs: 3,
      receipt: 4,
      cost: 4,
      price: 4,
      token: 2,
      usage: 3,
      history: 3,
      spend: 3,
    },
    answer: `Each finished exchange becomes one line of JSON in the session's journal: route, protocols, model asked and served, timing, tokens, cost if the alias has a price, losses, error. Bodies are kept only with \`--record full\`; \`--record off\` writes nothing. Keys are redacted everywhere.

When the session ends, a receipt on stderr adds it all up.`,
  },
  {
    stems: {
      key: 3,
      keys: 3,
      secret: 4,
      privacy: 4,
      private: 3,
      security: 4,
      secure: 4,
      credential: 4,
      leak: 4,
      telemetry: 4,
      send: 1,
    },
    answer: `Provider keys stay in llmup's memory. They are not in the agent's environment, not in a file that llmup writes, not in an error, a log or a panel: records are redacted. Everything listens on 127.0.0.1 only, and the agent gets a random key that is worth nothing once the session is over.

llmup itself sends nothing anywhere but to the upstream you named. In this demo that is your own machine.`,
  },
  {
    stems: {
      protocol: 4,
      format: 3,
      responses: 3,
      'chat completions': 5,
      api: 2,
      anthropic: 3,
      messages: 3,
      support: 2,
    },
    answer: `llmup speaks Chat Completions and Responses, on both sides and in any combination, streaming and not: tools, freeform tools such as apply_patch, reasoning, images, structured output, usage and errors included. Anthropic Messages and Gemini have their places in the design and are to follow.`,
  },
  {
    stems: { codex: 2, claude: 4, gemini: 4, client: 3, agent: 2, install: 4, version: 2 },
    answer: `\`llmup codex\` runs the real Codex CLI that is installed on your machine; with \`--install\` llmup fetches the version it was tested with into its own data directory. What stands after \`--\` goes to Codex unchanged:

    llmup codex -- exec --skip-git-repo-check "fix the failing test"

Claude Code and Gemini CLI are to follow.`,
  },
  {
    stems: { serve: 5, server: 3, standalone: 4, sdk: 4, team: 3, shared: 2, listen: 3 },
    answer: `\`llmup serve --config FILE\` runs the proxy alone, in the foreground, for any client or SDK: base URL \`http://127.0.0.1:8080/openai/v1\` unless \`--listen\` or the file says otherwise. \`/health\` and \`/ready\` tell how it is, \`llmup watch\` shows what it does, \`--ui\` shows it in the same terminal.`,
  },
  {
    stems: { sandbox: 5, dangerous: 4, permission: 4, approval: 4, 'read-only': 4, bypass: 3 },
    answer: `llmup leaves the agent's own sandbox in place: Codex runs with \`workspace-write\`, so it can change files below the workspace and nothing else. Only \`--dangerous\` lifts it. A native flag after \`--\`, such as \`--sandbox read-only\`, is obeyed.`,
  },
  {
    stems: {
      error: 3,
      fail: 2,
      problem: 2,
      broken: 3,
      'exit code': 5,
      troubleshoot: 5,
      trouble: 3,
      debug: 3,
      wrong: 2,
    },
    answer: `Exit codes of llmup's own: 2 for wrong usage, 3 for a config or a preset (missing variables are listed by name), 4 when the agent was not found, 5 when the proxy could not start, 70 for a fault of llmup itself. Any other code is the agent's own.

\`llmup config check\` judges a config, \`--print-env\` shows what would be started, the receipt lists what the upstream answered, and \`docs/troubleshooting.md\` has a remedy for each message.`,
  },
  {
    stems: { thank: 4, thanks: 4, great: 2, bye: 3, goodbye: 3 },
    answer: `You are welcome. When you are ready for a real model: \`llmup codex --model preset-openai-compatible\`.`,
  },
];

const UNKNOWN = `I cannot help with that: I am the demo model built into llmup, a small scripted agent and not a language model. I can tell you about llmup (what it is, how it works, presets, configuration, isolation, losses, watch, records, keys), create a small text file, or run a harmless command.

For everything else, start llmup with a model of your own: \`llmup codex --model preset-openai-compatible\`.`;

/** Answers a question by the topic whose words it has most of; says honestly when it has none. */
export function answerQuestion(question: string): string {
  const text = question.toLowerCase();
  const words = text.match(/[\p{L}\p{N}.'-]+/gu)?.slice(0, 400) ?? [];
  let best = UNKNOWN;
  let bestScore = ENOUGH - 1;
  for (const { stems, answer } of TOPICS) {
    let score = 0;
    for (const [stem, weight] of Object.entries(stems)) if (speaksFor(stem, text, words)) score += weight;
    if (score > bestScore) {
      best = answer;
      bestScore = score;
    }
  }
  return best;
}

/** A phrase stands anywhere; a short word must stand alone, a longer one may be inflected. */
function speaksFor(stem: string, text: string, words: readonly string[]): boolean {
  if (stem.includes(' ')) return text.includes(stem);
  return words.some((word) => (stem.length <= 3 ? word === stem : word.startsWith(stem)));
}
