/** Stripe's form encoding: `lines[0][metadata][a]=b` is `{lines: [{metadata: {a: 'b'}}]}`. */
type Value = string | Value[] | { [name: string]: Value };

export function parseForm(text: string): Record<string, Value> {
  const root: Record<string, Value> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const path = [...key.matchAll(/[^[\]]+/g)].map(([part]) => part);
    let node: Record<string, Value> = root;
    for (const part of path.slice(0, -1)) {
      node[part] ??= {};
      node = node[part] as Record<string, Value>;
    }
    node[path.at(-1) ?? ''] = value;
  }
  return withArrays(root) as Record<string, Value>;
}

function withArrays(value: Value): Value {
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const names = Object.keys(value);
  if (names.length > 0 && names.every((name, index) => name === String(index))) {
    return names.map((name) => withArrays(value[name] ?? ''));
  }
  return Object.fromEntries(names.map((name) => [name, withArrays(value[name] ?? '')]));
}
