import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { differences, generatedFiles } from './files.ts';

// npm run generate [-- --check]: writes the generated files, or says which of them differ. Runs from the repository's root.
const files = generatedFiles();

function stored(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const found = new Map([...files.keys(), ...readdirSync('crds').map((name) => `crds/${name}`)].map((path) => [path, stored(path)]));
const wrong = differences(files, found);

if (process.argv.includes('--check')) {
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) {
    console.error('Run: npm run generate');
    process.exitCode = 1;
  }
} else {
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  console.log(wrong.length === 0 ? 'Nothing changed.' : wrong.join('\n'));
}
