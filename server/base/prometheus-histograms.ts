/** Histograms as Prometheus counts them (each bucket with all below it) and as OpenTelemetry does (each alone). Pure. */

export interface Histogram {
  labels: Record<string, string | number>;
  buckets: { boundaries: number[]; counts: number[] };
  sum: number;
  count: number;
}

interface Value {
  labels: Partial<Record<string, string | number>>;
  value: number;
  /** The histogram's, with `_bucket`, `_sum` or `_count`. */
  metricName?: string;
}

/** @param values of one histogram, its buckets upwards and the one without a limit last */
export function histogramsOf(values: Value[]): Histogram[] {
  const found = new Map<string, Histogram & { below: number }>();
  for (const { labels: given, value, metricName = '' } of values) {
    const { le, ...others } = given;
    const labels = others as Histogram['labels'];
    const key = JSON.stringify(labels);
    const own = found.get(key) ?? {
      labels,
      buckets: { boundaries: [], counts: [] },
      sum: 0,
      count: 0,
      below: 0,
    };
    found.set(key, own);
    if (metricName.endsWith('_sum')) own.sum = value;
    else if (metricName.endsWith('_count')) own.count = value;
    else {
      if (le !== '+Inf') own.buckets.boundaries.push(Number(le));
      own.buckets.counts.push(value - own.below);
      own.below = value;
    }
  }
  return [...found.values()].map(({ below: _below, ...histogram }) => histogram);
}
