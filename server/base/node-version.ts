/** The commands' message on a Node that is too old, which would otherwise only name the first missing module. */

/** @throws Error when this is older than Node 24 */
export function demandNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) < 24) throw new Error(`Node 24 or newer is needed; this is ${version}.`);
}
