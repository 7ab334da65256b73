// Bundles src/ into dist/: one entry, split lazily, so that `--help` loads neither Ink nor undici nor zod.
// Everything is bundled except the optional PTY library, and the licences of what is bundled are collected.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

await rm('dist', { recursive: true, force: true });
const result = await build({
  entryPoints: { cli: 'src/cli.ts' },
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
  // Ink imports its devtools bridge only when DEV is "true", but a bundle resolves it all the same.
  alias: { 'react-devtools-core': './.ci/no-devtools.mjs' },
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
