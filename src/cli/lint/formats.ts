import { reasons } from '../../core/index.ts';
import { type Line, paint, type Style, span, type Tone } from '../demo/text.ts';
import type { Linted } from './check.ts';
import type { Finding } from './findings.ts';

const tones: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'strong', info: 'faint' };

/** `file:line:column  error  Reason  object: path: message`, as editors know it; what to do where it says more than the message. */
export function human({ findings, files, objects }: Linted, style: Style): string {
  const lines = findings.flatMap((finding): readonly Line[] => [
    [
      span(`${finding.file}:${finding.line}:${finding.column}`, 'strong'),
      span(`  ${finding.severity}`, tones[finding.severity]),
      span(`  ${finding.reason}  `, 'faint'),
      span(textOf(finding)),
    ],
    ...(finding.severity === 'error' ? [] : [[span(`    ${finding.remedy}`, 'faint')]]),
  ]);
  const painted = lines.map((line) => paint(line, { ...style, width: Number.POSITIVE_INFINITY }));
  return [...painted, summary({ findings, files, objects }), ''].join('\n');
}

const textOf = ({ object, path, message }: Finding): string =>
  [object, path, message].filter((part) => part !== undefined && part !== '').join(': ');

function summary({ findings, files, objects }: Linted): string {
  const count = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity).length;
  const some = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const info = count('info') === 0 ? '' : `, ${some(count('info'), 'remark')}`;
  return `${some(count('error'), 'error')}, ${some(count('warning'), 'warning')}${info} in ${some(objects, 'object')} of ${some(files, 'file')}`;
}

/** Workflow commands of GitHub Actions. */
export const github = ({ findings }: Linted): string =>
  findings
    .map((finding) => {
      const { severity, file, line, column, reason } = finding;
      const level = severity === 'info' ? 'notice' : severity;
      return `::${level} file=${property(file)},line=${line},col=${column},title=${property(reason)}::${data(textOf(finding))}\n`;
    })
    .join('');

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/** SARIF 2.1.0. */
export function sarif({ findings }: Linted, version: string): object {
  const codes = [...new Set(findings.map(({ reason }) => reason))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            ...{ name: 'sluice lint', version },
            rules: codes.map((id) => ({
              id,
              shortDescription: { text: reasons[id].means },
              help: { text: reasons[id].remedy },
              defaultConfiguration: { level: levels[reasons[id].severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.reason,
          ruleIndex: codes.indexOf(finding.reason),
          level: levels[finding.severity],
          message: { text: textOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(finding.file) },
                region: { startLine: finding.line, startColumn: finding.column },
              },
              ...(finding.path === undefined
                ? {}
                : { logicalLocations: [{ fullyQualifiedName: `${finding.object ?? ''} ${finding.path}`.trim() }] }),
            },
          ],
        })),
      },
    ],
  };
}

/** Relative to where it was called, as code hosts want it. */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/').replace(/^\.\//, '');
