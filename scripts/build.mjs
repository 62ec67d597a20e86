// Bundles the program into dist/sluice.js: one ESM file with no runtime dependency beside it.
import { chmodSync, readFileSync } from 'node:fs';
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

await build({
  absWorkingDir: new URL('..', import.meta.url).pathname,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/sluice.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  // Every process keeps the text of its program, so it is made short. Names stay as they are: stack traces and profiles tell them, and esbuild's keepNames
  // would define a property on every closure that is made, a tenth of the controller's time under load.
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
chmodSync(new URL('../dist/sluice.js', import.meta.url), 0o755);
