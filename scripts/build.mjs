// Bundles the program into dist/: sluice.js and the parts that it loads, ESM, with no runtime dependency beside them.
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * client-node does not say that its modules have no side effects, so all of its generated client would be bundled: 16 MB that every
 * process parses and keeps. Said here, only what kubeconfig needs is left.
 */
const lean = {
  name: 'lean-client-node',
  setup(builder) {
    builder.onResolve({ filter: /^@kubernetes\/client-node$|^\.{1,2}\// }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      const isOurs = path.startsWith('@kubernetes/') || importer.includes('@kubernetes/client-node');
      if (pluginData === lean || !isOurs) return undefined;
      return { ...(await builder.resolve(path, { kind, importer, resolveDir, pluginData: lean })), sideEffects: false };
    });
  },
};

/**
 * The index of undici loads all of it, fetch and WebSocket included: 3 MB resident. We and client-node's kubeconfig use its connection
 * pools; if we import more, the bundler says so. What else client-node imports is of its generated client, which is left out.
 */
const usedOfUndici = { Agent: 'agent', Pool: 'pool', ProxyAgent: 'proxy-agent' };
const leanUndici = {
  name: 'lean-undici',
  setup(builder) {
    const used = Object.entries(usedOfUndici).map(([name, file]) => `export { default as ${name} } from 'undici/lib/dispatcher/${file}.js';`);
    const contents = { 'for us': used.join('\n'), 'for client-node': `${used.join('\n')}\nexport const fetch = undefined;` };
    builder.onResolve({ filter: /^undici$/ }, ({ importer }) => ({
      path: importer.includes('node_modules') ? 'for client-node' : 'for us',
      namespace: 'lean-undici',
    }));
    builder.onLoad({ filter: /./, namespace: 'lean-undici' }, ({ path }) => ({ contents: contents[path], resolveDir: root }));
  },
};

// Built aside and put in place at once: whoever runs the program meanwhile finds the one or the other, and a build that is cut off leaves the old one.
const fresh = mkdtempSync(`${root}/.dist-`);
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));

await build({
  absWorkingDir: root,
  entryPoints: { sluice: 'src/main.ts' },
  outdir: fresh,
  bundle: true,
  // What is imported when it is needed stays in a file of its own, and is neither read nor parsed before. As one file the parser of V8
  // takes 30 MB for a moment, which the C library then keeps.
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  // Every process keeps the text of its program, so it is made short. Names stay as they are: stack traces and profiles tell them, and some
  // libraries show and compare them. esbuild's keepNames instead would define a property on every closure that is made: 2 MB, and a tenth of
  // the controller's time under load.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  logLevel: 'warning',
  plugins: [lean, leanUndici],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';import { fileURLToPath as __fileURLToPath } from 'node:url';import { dirname as __pathDirname } from 'node:path';const require = __createRequire(import.meta.url);const __filename = __fileURLToPath(import.meta.url);const __dirname = __pathDirname(__filename);",
  },
  define: { 'process.env.SLUICE_VERSION': JSON.stringify(version) },
});
chmodSync(fresh, 0o755);
chmodSync(`${fresh}/sluice.js`, 0o755);
for (let attempt = 1; !place(); attempt++) if (attempt === 100) throw new Error('dist/ is being replaced all the time by other builds');

/** False where another build put its own there in between. */
function place() {
  const old = `${fresh}-old`;
  try {
    if (existsSync(`${root}/dist`)) renameSync(`${root}/dist`, old);
    renameSync(fresh, `${root}/dist`);
    return true;
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    return false;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}
