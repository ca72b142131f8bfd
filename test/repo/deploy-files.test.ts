/** Manifests for autoscalers: in the form of the published APIs, with metrics that a node exports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prometheus from 'prom-client';
import { z } from 'zod';
import { loadSettings } from '../../config/loader.ts';
import { METRICS } from '../../contracts/metrics.ts';
import type { MetricInfo } from '../../contracts/metrics.ts';
import { NodeMetrics } from '../../runtime/telemetry/prometheus/node-metrics.ts';
import { assert, suite } from '../harness.ts';

const test = suite('deploy-files');
const FOLDER = join(import.meta.dirname, '../../docs/deploy');
const read = (name: string): unknown => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));

const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
/** A `resource.Quantity`: `100`, `500m`, `1Gi`. */
const quantity = z.string().regex(/^\d+(\.\d+)?([munkMGTPE]|[KMGTPE]i)?$/);
const seconds = z.int().min(0).max(3_600);
const metadata = z.strictObject({
  name,
  namespace: name.optional(),
  labels: z.record(z.string().max(317), z.string().max(63)).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const target = z.union([
  z.strictObject({ type: z.literal('Utilization'), averageUtilization: z.int().min(1) }),
  z.strictObject({ type: z.literal('AverageValue'), averageValue: quantity }),
  z.strictObject({ type: z.literal('Value'), value: quantity }),
]);
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()).optional() });
const metric = z.strictObject({ name: z.string().min(1), selector: selector.optional() });
const scalingRules = z.strictObject({
  stabilizationWindowSeconds: seconds.optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).optional(),
  policies: z
    .array(
      z.strictObject({
        type: z.enum(['Pods', 'Percent']),
        value: z.int().min(1),
        periodSeconds: z.int().min(1).max(1_800),
      }),
    )
    .min(1)
    .optional(),
});
const behavior = z.strictObject({ scaleUp: scalingRules.optional(), scaleDown: scalingRules.optional() });

/** @source Kubernetes API reference, autoscaling/v2 HorizontalPodAutoscaler */
const Hpa = z.strictObject({
  apiVersion: z.literal('autoscaling/v2'),
  kind: z.literal('HorizontalPodAutoscaler'),
  metadata,
  spec: z
    .strictObject({
      scaleTargetRef: z.strictObject({ apiVersion: z.string().optional(), kind: z.string(), name }),
      minReplicas: z.int().min(1).optional(),
      maxReplicas: z.int().min(1),
      metrics: z
        .array(
          z.discriminatedUnion('type', [
            z.strictObject({
              type: z.literal('Resource'),
              resource: z.strictObject({ name: z.enum(['cpu', 'memory']), target }),
            }),
            z.strictObject({ type: z.literal('Pods'), pods: z.strictObject({ metric, target }) }),
            z.strictObject({ type: z.literal('External'), external: z.strictObject({ metric, target }) }),
          ]),
        )
        .min(1),
      behavior: behavior.optional(),
    })
    .refine(({ minReplicas = 1, maxReplicas }) => minReplicas <= maxReplicas),
});

const trigger = { name: z.string().optional(), authenticationRef: z.strictObject({ name }).optional() };
/** @source KEDA reference, keda.sh/v1alpha1 ScaledObject; scalers cpu, memory, prometheus */
const ScaledObject = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata,
  spec: z
    .strictObject({
      scaleTargetRef: z.strictObject({
        apiVersion: z.string().optional(),
        kind: z.string().optional(),
        name,
        envSourceContainerName: z.string().optional(),
      }),
      pollingInterval: z.int().min(1).optional(),
      cooldownPeriod: z.int().min(0).optional(),
      minReplicaCount: z.int().min(0).optional(),
      maxReplicaCount: z.int().min(1).optional(),
      fallback: z.strictObject({ failureThreshold: z.int().min(0), replicas: z.int().min(0) }).optional(),
      advanced: z
        .strictObject({
          restoreToOriginalReplicaCount: z.boolean().optional(),
          horizontalPodAutoscalerConfig: z
            .strictObject({ name: name.optional(), behavior: behavior.optional() })
            .optional(),
        })
        .optional(),
      triggers: z
        .array(
          z.discriminatedUnion('type', [
            z.strictObject({
              ...trigger,
              type: z.enum(['cpu', 'memory']),
              metricType: z.enum(['Utilization', 'AverageValue']),
              metadata: z.strictObject({
                value: z.string().regex(/^\d+$/),
                containerName: z.string().optional(),
              }),
            }),
            z.strictObject({
              ...trigger,
              type: z.literal('prometheus'),
              metricType: z.enum(['AverageValue', 'Value']).optional(),
              metadata: z.strictObject({
                serverAddress: z.url(),
                query: z.string().min(1),
                threshold: z.string().regex(/^\d+(\.\d+)?$/),
                activationThreshold: z.string().optional(),
                ignoreNullValues: z.enum(['true', 'false']).optional(),
              }),
            }),
          ]),
        )
        .min(1),
    })
    .refine(({ minReplicaCount = 0, maxReplicaCount = 100 }) => minReplicaCount <= maxReplicaCount),
});

const rule = z.strictObject({
  seriesQuery: z.string().min(1),
  resources: z.strictObject({
    overrides: z.record(z.string(), z.strictObject({ resource: z.string(), group: z.string().optional() })),
  }),
  name: z.strictObject({ as: z.string(), matches: z.string().optional() }),
  metricsQuery: z.string().min(1),
});
/** @source prometheus-adapter, docs/config.md */
const AdapterRules = z.strictObject({ rules: z.array(rule), externalRules: z.array(rule) });

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  'hpa-workers.json': Hpa,
  'hpa-gateways.json': Hpa,
  'keda-workers.json': ScaledObject,
  'prometheus-adapter-rules.json': AdapterRules,
};
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const witanNames = (text: string): string[] => text.match(/\bwitan_\w+/g) ?? [];
const { settings } = loadSettings({ code: {} });

test('every manifest has the form of its API', () => {
  assert.equal(files.sort(), Object.keys(SCHEMAS).sort());
  for (const file of files) {
    const parsed = SCHEMAS[file]!.safeParse(read(file));
    assert.ok(parsed.success, `${file}: ${parsed.error?.message}`);
  }
});

test('the check itself sees what is wrong', () => {
  const hpa = read('hpa-workers.json') as { spec: Record<string, unknown> };
  const keda = read('keda-workers.json') as { spec: Record<string, unknown> };
  const wrong = [
    Hpa.safeParse({ ...hpa, apiVersion: 'autoscaling/v1' }),
    Hpa.safeParse({ ...hpa, spec: { ...hpa.spec, minReplicas: 2_000 } }),
    Hpa.safeParse({ ...hpa, spec: { ...hpa.spec, metric: [] } }),
    Hpa.safeParse({ ...hpa, spec: { ...hpa.spec, metrics: [{ type: 'Pods', pods: { metric: {} } }] } }),
    ScaledObject.safeParse({ ...keda, spec: { ...keda.spec, maxReplicas: 3 } }),
    ScaledObject.safeParse({
      ...keda,
      spec: { ...keda.spec, triggers: [{ type: 'prometheus', metadata: {} }] },
    }),
  ];
  assert.equal(
    wrong.map(({ success }) => success),
    wrong.map(() => false),
  );
});

test('each metric that a manifest names is exported by the registry of a node, with the labels it uses', async () => {
  const metrics = new NodeMetrics(prometheus);
  for (const [key, info] of Object.entries(METRICS) as [string, MetricInfo][]) {
    const labels = Object.fromEntries(Object.keys(info.labels).map((label) => [label, 'x']));
    if (info.type === 'gauge') metrics.gauge(key, 1, labels);
    else if (info.type === 'counter') metrics.count(key, 1, labels);
  }
  const exported = new Set([...(await metrics.text()).matchAll(/^# TYPE (\S+) /gm)].map(([, of]) => of!));
  const named = files.flatMap((file) => witanNames(JSON.stringify(read(file))).map((of) => `${file} ${of}`));
  assert.ok(named.length >= 10, `${named.length}`);
  assert.equal(
    named.filter((one) => !exported.has(one.split(' ')[1]!)),
    [],
  );
  // What the HPA asks of the adapter, the adapter offers.
  const rules = AdapterRules.parse(read('prometheus-adapter-rules.json'));
  const offered = [...rules.rules, ...rules.externalRules].map(({ name: { as } }) => as);
  for (const file of ['hpa-workers.json', 'hpa-gateways.json']) {
    for (const of of witanNames(JSON.stringify(read(file)))) assert.ok(offered.includes(of), `${file} ${of}`);
  }
});

test('thresholds and bounds are those of the settings and of the catalogue', () => {
  const { cpuShare, memoryShare, queueDepth, minNodes, maxNodes } = settings.scaling;
  const shares = { cpu: cpuShare * 100, memory: memoryShare * 100 };
  for (const file of ['hpa-workers.json', 'hpa-gateways.json']) {
    for (const one of Hpa.parse(read(file)).spec.metrics) {
      if (one.type === 'Resource')
        assert.equal(one.resource.target, {
          type: 'Utilization',
          averageUtilization: shares[one.resource.name],
        });
      else if (one.type === 'Pods')
        assert.equal(one.pods.target, { type: 'AverageValue', averageValue: String(queueDepth) });
    }
  }
  const { minReplicas, maxReplicas } = Hpa.parse(read('hpa-workers.json')).spec;
  const { minReplicaCount, maxReplicaCount, triggers } = ScaledObject.parse(read('keda-workers.json')).spec;
  assert.equal([minReplicas, maxReplicas], [minNodes, maxNodes]);
  assert.equal([minReplicaCount, maxReplicaCount], [minNodes, maxNodes]);
  const gateways = Hpa.parse(read('hpa-gateways.json')).spec;
  assert.equal([gateways.minReplicas, gateways.maxReplicas], [5, 30]);
  const kedaShares = triggers.flatMap((one) =>
    one.type === 'prometheus' ? [] : [[one.type, one.metadata.value]],
  );
  assert.equal(kedaShares, [
    ['cpu', String(shares.cpu)],
    ['memory', String(shares.memory)],
  ]);
});
