import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { askingOf } from '../core/analysis/ask.ts';
import { scopeOf } from '../core/analysis/scope.ts';
import { analysisTemplateSpecSchema } from '../core/analysis/template.ts';
import { dialectOf, dialects } from './dialects.ts';
import { builtinQuery } from './promql.ts';

const folder = new URL('../../analysis-templates/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const subject = { namespace: 'shop', workload: 'web-1a2b', service: 'web-1a2b', rootService: 'web', split: 'web' };
const predefined = { namespace: 'shop', canaryWorkload: 'web-1a2b', canaryService: 'web-1a2b', service: 'web' };

const templateSchema = z.object({
  apiVersion: z.literal('sluice.dev/v1alpha1'),
  kind: z.literal('ClusterAnalysisTemplate'),
  metadata: z.object({ name: z.string() }),
  spec: analysisTemplateSpecSchema,
});

const templates = files.flatMap((file) =>
  parseAllDocuments(readFileSync(new URL(file, folder), 'utf8')).map((document) => {
    const template = templateSchema.parse(document.toJS());
    return { mesh: file.replace('.yaml', ''), name: template.metadata.name, spec: template.spec };
  }),
);

const oneLine = (query: string) => query.replace(/\s+/g, ' ');

describe('the ready-made templates', () => {
  it('are two per mesh, with names of their own', () => {
    const meshes = [...dialects.map((dialect) => dialect.mesh), 'builtin', 'traffic-metrics'].sort();
    expect(files.map((file) => file.replace('.yaml', '')).sort()).toEqual(meshes);
    expect(new Set(templates.map((template) => template.name)).size).toBe(2 * meshes.length);
  });

  it.each(templates.map((template) => [template.name, template] as const))('%s can be asked for a Rollout', (_, { mesh, spec }) => {
    const [metric] = spec.metrics;
    if (metric === undefined) return expect.fail('no metric');
    const asking = askingOf(metric, scopeOf(spec.args, { ...predefined, window: '45s' }), { namespace: 'shop' });
    if (!asking.ok) return expect.fail(JSON.stringify(asking.failure));
    expect(asking.value.windowMs).toBe(45_000);
    const { provider } = asking.value.question;
    const dialect = dialectOf(mesh);
    if (dialect === undefined) return expect(provider.kind).toBe(mesh === 'builtin' ? 'prometheusBuiltin' : 'trafficMetrics');
    if (provider.kind !== 'prometheus') return expect.fail(`${provider.kind} was not expected`);
    // The substituted text is the builtin's to the letter, so that neither can drift from the other.
    const builtin = builtinQuery(dialect, metric.name === 'success-rate' ? 'successRate' : 'p99', subject, 45_000);
    expect(oneLine(provider.query)).toBe(builtin.query);
    expect(provider.countQuery).toBe(builtin.countQuery);
  });
});
