// Bundles the program into dist/: sluice.js and the parts that it loads, ESM, with no runtime dependency beside them.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

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

const root = new URL('..', import.meta.url).pathname;
rmSync(`${root}/dist`, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { sluice: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  // What is imported when it is needed stays in a file of its own, and is neither read nor parsed before. As one file the parser of V8
  // takes 30 MB for a moment, which the C library then keeps.
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  // Every process keeps the text of its program; stack traces come from the source map. Names of classes and functions stay, since some
  // libraries show and compare them; keeping them by `keepNames` instead would cost a property on each, 2 MB.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  logLevel: 'warning',
  plugins: [lean],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';import { fileURLToPath as __fileURLToPath } from 'node:url';import { dirname as __pathDirname } from 'node:path';const require = __createRequire(import.meta.url);const __filename = __fileURLToPath(import.meta.url);const __dirname = __pathDirname(__filename);",
  },
  define: { 'process.env.SLUICE_VERSION': JSON.stringify(version) },
});
chmodSync(`${root}/dist/sluice.js`, 0o755);
