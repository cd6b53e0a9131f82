/** The headers that a collector of traces requires, such as its key. */

/** As OpenTelemetry writes them: `name=value,name=value`, the values percent-encoded. */
export function readHeaders(text: string | undefined, problems: string[]): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  const headers = pairs.map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(pair));
  try {
    return Object.fromEntries(headers.map((found) => [found?.[1] as string, decodeHeader(found?.[2])]));
  } catch {
    problems.push('OTEL_EXPORTER_OTLP_HEADERS must be name=value,name=value with percent-encoded values');
    return {};
  }
}

/** @throws when there is none, or it cannot be sent */
function decodeHeader(text: string | undefined): string {
  const value = decodeURIComponent(text as string);
  if (text === undefined || !/^[\x20-\x7e]*$/.test(value)) throw new Error('not a header');
  return value;
}
