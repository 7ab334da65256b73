import { loopbackExempt } from '../clients/no-proxy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ClientEnvironmentOptions {
  readonly parent: Environment;
  /** Variables that hold provider keys, by the config's own account. */
  readonly secretNames: readonly string[];
  /** Values of provider keys, wherever they came from. */
  readonly secretValues: readonly string[];
  /** Variables to leave out besides: what chooses another endpoint, login or home, what is llmup's own business. */
  readonly without: readonly string[];
  /** What the client is given. */
  readonly set: Readonly<Record<string, string>>;
}

/** Shorter values are found everywhere by chance: a filter for `test` would take half an environment away. */
const SHORTEST_SECRET = 8;

/**
 * The environment of a client: the parent's, without provider keys (by name, and by value wherever a copy lies) and
 * without what would lead the client past the session. The user's forward proxies and cloud credentials stay, since
 * the commands an agent runs need them; requests to this machine go around the proxies.
 */
export function clientEnvironment(options: ClientEnvironmentOptions): Record<string, string> {
  const { parent, without, set } = options;
  const named = new Set([...options.secretNames, ...PROVIDER_KEYS]);
  const isSecretName = (name: string) => named.has(name) || PRESET_KEY.test(name);
  const values = Object.entries(parent)
    .filter(([name]) => isSecretName(name))
    .map(([, value]) => value ?? '');
  const secrets = [...values, ...options.secretValues].filter((value) => value.length >= SHORTEST_SECRET);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value === undefined || isSecretName(name) || without.includes(name)) continue;
    if (!STRUCTURE.has(name) && secrets.some((secret) => value.includes(secret))) continue;
    env[name] = value;
  }
  return { ...env, ...loopbackExempt(env), ...set };
}

/** Names by which the variables of a preset tell that they hold a key. */
const PRESET_KEY = /^PRESET_.*(KEY|TOKEN|SECRET)/;

/** Without these nothing runs. A value found in one of them is a placeholder for a key, and no key. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'HOME',
  'LANG',
  'LOGNAME',
  'OLDPWD',
  'PATH',
  'PWD',
  'SHELL',
  'TERM',
  'TMPDIR',
  'USER',
]);

/** Where people keep keys of model providers. Keys of clouds, forges and registries are not among them. */
const PROVIDER_KEYS = [
  'AI21_API_KEY',
  'AI_GATEWAY_API_KEY',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANYSCALE_API_KEY',
  'ARK_API_KEY',
  'AZURE_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'BASETEN_API_KEY',
  'CEREBRAS_API_KEY',
  'CHUTES_API_KEY',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CODEX_ACCESS_TOKEN',
  'CODEX_API_KEY',
  'COHERE_API_KEY',
  'CO_API_KEY',
  'DASHSCOPE_API_KEY',
  'DEEPINFRA_API_KEY',
  'DEEPSEEK_API_KEY',
  'FIREWORKS_API_KEY',
  'GEMINI_API_KEY',
  'GLM_API_KEY',
  'GOOGLE_API_KEY',
  'GOOGLE_GENERATIVE_AI_API_KEY',
  'GROQ_API_KEY',
  'HUGGINGFACE_API_KEY',
  'HYPERBOLIC_API_KEY',
  'INCEPTION_API_KEY',
  'KIMI_API_KEY',
  'LITELLM_API_KEY',
  'LITELLM_MASTER_KEY',
  'LLM_UNIVERSAL_PROXY_ADMIN_TOKEN',
  'LLM_UNIVERSAL_PROXY_KEY',
  'MINIMAX_API_KEY',
  'MISTRAL_API_KEY',
  'MODELSCOPE_API_KEY',
  'MOONSHOT_API_KEY',
  'NEBIUS_API_KEY',
  'NOVITA_API_KEY',
  'NVIDIA_API_KEY',
  'NVIDIA_NIM_API_KEY',
  'OLLAMA_API_KEY',
  'OPENAI_ADMIN_KEY',
  'OPENAI_API_KEY',
  'OPENROUTER_API_KEY',
  'PERPLEXITYAI_API_KEY',
  'PERPLEXITY_API_KEY',
  'QIANFAN_API_KEY',
  'QWEN_API_KEY',
  'REPLICATE_API_TOKEN',
  'REQUESTY_API_KEY',
  'SAMBANOVA_API_KEY',
  'SILICONFLOW_API_KEY',
  'STEP_API_KEY',
  'TOGETHERAI_API_KEY',
  'TOGETHER_API_KEY',
  'VENICE_API_KEY',
  'VLLM_API_KEY',
  'VOYAGE_API_KEY',
  'XAI_API_KEY',
  'ZAI_API_KEY',
  'ZHIPUAI_API_KEY',
  'ZHIPU_API_KEY',
  'Z_AI_API_KEY',
] as const;
