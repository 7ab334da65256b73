import type { PickerAlias, PickerModel, PickerVariable } from '../../src/display/picker/model.ts';

function variable(name: string, change: Partial<PickerVariable> = {}): PickerVariable {
  return {
    name,
    purpose: `what ${name} is for`,
    secret: false,
    use: 'variable',
    check: () => undefined,
    ...change,
  };
}

const ENDPOINT_KEY = variable('PRESET_ENDPOINT_API_KEY', {
  purpose: 'API key of upstream PRESET-OPENAI-COMPATIBLE',
  secret: true,
  check: (value) => (/^[\x21-\x7e]+$/.test(value) ? undefined : 'holds characters that no API key has'),
});

const ENDPOINT_URL = variable('PRESET_OPENAI_ENDPOINT_BASE_URL', {
  purpose: 'base URL of upstream PRESET-OPENAI-COMPATIBLE, such as https://api.example.com/v1',
  check: (value) => (value.startsWith('http') ? undefined : 'must be an http or https URL'),
});

function alias(
  name: string,
  variables: readonly PickerVariable[],
  change: Partial<PickerAlias> = {},
): PickerAlias {
  return {
    name,
    upstream: 'MAIN',
    wire: { from: 'Responses', to: 'Chat Completions' },
    variables,
    ...change,
  };
}

/** Four presets: ready, three values missing, one broken, one whose model is asked for. */
export const OFFERS: PickerModel = {
  version: '0.1.0',
  workspace: '/home/ada/src/app',
  presets: [
    {
      name: 'glm-coding',
      title: 'GLM coding plan',
      description: 'Two models of one endpoint, priced.',
      aliases: [
        alias('opus', [variable('ZAI_API_KEY', { secret: true, origin: 'environment' })], {
          model: 'glm-5.2',
          contextWindow: 200_000,
          price: { input: 0.6, output: 2.2 },
        }),
        alias('haiku', [variable('ZAI_API_KEY', { secret: true, origin: 'environment' })], {
          model: 'glm-5.2-air',
        }),
      ],
    },
    {
      name: 'provider-neutral',
      title: 'Any OpenAI- or Anthropic-compatible endpoint',
      description: 'One model of your choice, described by PRESET_* variables.',
      aliases: [
        alias('preset-openai-compatible', [
          ENDPOINT_URL,
          variable('PRESET_ENDPOINT_MODEL', { purpose: 'model that the alias stands for' }),
          ENDPOINT_KEY,
        ]),
      ],
    },
    { name: 'torn', aliases: [], problem: 'torn.yaml line 3: upstreams: must be a mapping' },
    {
      name: 'local',
      title: 'Model servers on this machine',
      aliases: [
        {
          name: 'OLLAMA',
          upstream: 'OLLAMA',
          wire: { from: 'Responses', to: 'Chat Completions' },
          variables: [variable('model of OLLAMA', { use: 'model', purpose: 'the name the server gives it' })],
        },
      ],
    },
  ],
  clients: [
    { id: 'codex', label: 'Codex CLI', version: '0.169.0' },
    { id: 'serve', label: 'proxy only', note: 'llmup serve' },
  ],
  recent: [],
};
