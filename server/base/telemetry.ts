/**
 * Sends spans and metrics to an OpenTelemetry collector (OTLP over HTTP, JSON). Loaded only if an endpoint is set: without
 * one, none of its packages is read. Nothing is registered globally, so an app that mounts the backend keeps its own.
 */
import { randomUUID } from 'node:crypto';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from 'prom-client';
import { type Histogram, histogramsOf } from './prometheus-histograms.ts';
import { createTracing, type FinishedSpan, type Tracing } from './tracing.ts';

export interface TelemetrySettings {
  /** Without a trailing slash; `/v1/traces` and `/v1/metrics` follow. */
  endpoint: string;
  serviceName: string;
  headers: Record<string, string>;
}

export interface Telemetry {
  tracing: Tracing;
  /** Also sends these, once a minute: the same series, by the same definitions, as `/metrics`. */
  sendMetrics(registry: Registry): void;
  /** Sends what waits, for at most `flushMs`. */
  close(): Promise<void>;
}

/** A stop must not wait longer for a collector, nor any request of its. */
const flushMs = 2000;
const timeoutMillis = 5000;
/** Spans that wait, each below a kilobyte; more are dropped. */
const maxQueueSize = 4096;
/** A stop sends all of them at once, in batches of 512. */
const concurrencyLimit = 10;

const scope = { name: 'vapi-agent' };
const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

export function startTelemetry(
  { endpoint, serviceName, headers }: TelemetrySettings,
  log: Logger,
  now: () => number,
): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.instance.id': randomUUID(),
  });
  const watch = warnOnce(log);
  const to = (path: string) => ({
    url: `${endpoint}/v1/${path}`,
    headers,
    timeoutMillis,
    concurrencyLimit,
  });
  const exporter = watch(new OTLPTraceExporter(to('traces')));
  const spans = new BatchSpanProcessor({ exporter, maxQueueSize, exportTimeoutMillis: timeoutMillis });
  const startMs = now();
  let metrics: PeriodicExportingMetricReader | null = null;
  return {
    tracing: createTracing(now, (span) => spans.onEnd(readable(span, resource))),
    sendMetrics(registry) {
      metrics = new PeriodicExportingMetricReader({
        exporter: watch(new OTLPMetricExporter(to('metrics'))),
        exportTimeoutMillis: timeoutMillis,
      });
      metrics.setMetricProducer({
        async collect() {
          const data = await readMetrics(registry, startMs, now());
          return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: data }] }, errors: [] };
        },
      });
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, flushMs);
      });
      await Promise.race([Promise.allSettled([spans.shutdown(), metrics?.shutdown()]), late]);
      clearTimeout(timer);
    },
  };
}

interface Exporter<Items> {
  export(items: Items, done: (result: { code: number; error?: Error }) => void): void;
}

/** One warning for each outage of the collector: from the first failure to the next success. */
function warnOnce(log: Logger) {
  let isDown = false;
  return <Watched extends Exporter<never>>(exporter: Watched): Watched => {
    const send: Watched['export'] = exporter.export.bind(exporter);
    exporter.export = (items, done) =>
      send(items, (result) => {
        // Only the reason: an answer may quote what was sent, headers included.
        if (result.code !== 0 && !isDown) {
          const { code, message = '' } = (result.error ?? {}) as { code?: unknown; message?: string };
          log.warn(
            { code, reason: message.slice(0, 100) },
            'traces and metrics cannot be delivered; dropped',
          );
        }
        isDown = result.code !== 0;
        done(result);
      });
    return exporter;
  };
}

function readable(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { traceId, name, attributes, failure, startMs, durationMs } = span;
  const contextOf = (spanId: string) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED });
  const own = contextOf(span.spanId);
  return {
    name,
    kind: kinds[span.kind],
    spanContext: () => own,
    ...(span.parentId === null ? {} : { parentSpanContext: contextOf(span.parentId) }),
    startTime: timeOf(startMs),
    endTime: timeOf(startMs + durationMs),
    duration: timeOf(durationMs),
    status:
      failure === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: failure },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}

/** A series whose count fails, without a database for example, is missing; the others are sent. */
async function readMetrics(registry: Registry, startMs: number, nowMs: number): Promise<MetricData[]> {
  const metrics = registry.getMetricsAsArray().flatMap(({ name }) => registry.getSingleMetric(name) ?? []);
  const read = await Promise.allSettled<
    MetricObjectWithValues<MetricValueWithName<string> | MetricValue<string>>
  >(metrics.map((metric) => metric.get()));
  const times = { startTime: timeOf(startMs), endTime: timeOf(nowMs) };
  return read.flatMap((result) => {
    if (result.status === 'rejected') return [];
    const { name, help, values } = result.value;
    // An enumeration in its types, a word in fact.
    const type = String(result.value.type);
    const common = {
      descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    if (type === 'histogram') {
      const point = ({ labels, ...value }: Histogram) => ({ ...times, attributes: labels, value });
      return {
        ...common,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: histogramsOf(values).map(point),
      };
    }
    const dataPoints = values.map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value }));
    if (type === 'counter')
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  });
}
