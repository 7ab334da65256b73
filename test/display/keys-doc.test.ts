import { expect, test } from 'vitest';
import { helpRows } from '../../src/display/key-lines.ts';
import { FIELD_KEYS, type KeyBinding, PICKER_KEYS, WATCH_KEYS } from '../../src/display/keys.ts';
import { PANEL_NAMES } from '../../src/display/panels/watch-panel.ts';
import { SESSION_KEYS } from '../../src/display/session/prefix-keys.ts';

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'space',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'Page Up',
  pagedown: 'Page Down',
  prefix: 'the prefix again',
};

/** `Ctrl-L`, `Page Up`, `q`, as a page of documentation writes them. */
function written(key: string): string {
  const name =
    NAMES[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);
  return `\`${name.replace('|', '\\|')}\``;
}

function table(bindings: readonly KeyBinding<string>[], where?: (help: string) => string): string {
  const rows = helpRows(bindings).map(
    ({ keys, help }) => `| ${keys.map(written).join(' ')} | ${help}${where ? ` | ${where(help)}` : ''} |`,
  );
  const head = where
    ? '| Keys | What they do | Where |\n| --- | --- | --- |'
    : '| Keys | What they do |\n| --- | --- |';
  return `${head}\n${rows.join('\n')}\n`;
}

/** The panels in which what a help says is true. */
function panelsOf(help: string): string {
  const panels = WATCH_KEYS.find((binding) => binding.help === help)?.panels;
  return panels ? panels.map((panel) => PANEL_NAMES[panel]).join(', ') : 'everywhere';
}

test('docs/keys.md says what the tables say: vitest -u writes it anew', async () => {
  const page = `# Keys

The footer of each screen shows the keys that are pressed most, \`?\` all that mean something there.

## Beside an agent

The agent gets every key but two. \`Ctrl-Z\` stops llmup and with it the agent's terminal; \`fg\` brings both back. The
other is the prefix, \`Ctrl-\\\` unless \`--prefix\` names another, such as \`Ctrl-]\`. The key after it is llmup's:

${table(SESSION_KEYS)}
## In the panels

In a session after the prefix and \`tab\`, or with the mouse; in \`llmup watch\` and \`llmup serve --ui\` always.

${table(WATCH_KEYS, panelsOf)}
While a filter or a search is typed:

${table(FIELD_KEYS)}
## In the picker

${table(PICKER_KEYS)}`;
  await expect(page).toMatchFileSnapshot('../../docs/keys.md');
});
