// Bundles src/ into dist/: the program, and the thread that runs its proxy while it draws. They are split lazily, so
// that `--help` loads neither Ink nor undici nor zod.
// Everything is bundled except the optional PTY library, and the licences of what is bundled are collected.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

await rm('dist', { recursive: true, force: true });
const result = await build({
  entryPoints: { cli: 'src/cli.ts', 'traffic-worker': 'src/sessions/traffic-worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  jsx: 'automatic',
  metafile: true,
  legalComments: 'none',
  external: ['@lydell/node-pty'],
  define: { 'process.env.NODE_ENV': '"production"', LLMUP_VERSION: JSON.stringify(version) },
  alias: {
    // Ink imports its devtools bridge only when DEV is "true", but a bundle resolves it all the same.
    'react-devtools-core': './.ci/no-devtools.mjs',
    // The same code, as ES modules: what is not used is left out, and it loads in half the time.
    yaml: './node_modules/yaml/browser/dist/index.js',
  },
  plugins: [undiciClients()],
  // CommonJS packages inside an ES module bundle still call `require` for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});

const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const notices = [];
for (const name of [...packages].sort()) {
  const manifest = JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'));
  let text = '';
  for (const file of ['LICENSE', 'LICENSE.md', 'license', 'license.md', 'LICENSE.txt', 'LICENCE']) {
    text = await readFile(`node_modules/${name}/${file}`, 'utf8').catch(() => '');
    if (text) break;
  }
  notices.push(`${name} ${manifest.version} (${manifest.license})\n\n${text.trim()}\n`);
}
await writeFile('dist/THIRD-PARTY-LICENSES.txt', notices.join(`\n${'-'.repeat(80)}\n\n`));

/** Of undici only its HTTP clients: the fetch, WebSocket and caches around them would take as long to load as all of llmup. */
function undiciClients() {
  const files = { Pool: 'pool', ProxyAgent: 'proxy-agent', Socks5ProxyAgent: 'socks5-proxy-agent' };
  const contents = [
    ...Object.entries(files).map(
      ([name, file]) => `export { default as ${name} } from 'undici/lib/dispatcher/${file}.js';`,
    ),
    // undici's own index gives the clients their methods; of these a tunnel through a forward proxy needs one.
    "import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';",
    "import connect from 'undici/lib/api/api-connect.js';",
    'Dispatcher.prototype.connect = connect;',
  ].join('\n');
  return {
    name: 'undici-clients',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'undici-clients' }));
      onLoad({ filter: /.*/, namespace: 'undici-clients' }, () => ({ contents, resolveDir: process.cwd() }));
    },
  };
}
