/**
 * Servers in a private network that requests to an operator's own addresses may reach: `ALLOW_PRIVATE_TARGETS`. What the
 * operator lists is only ever private: no entry opens link-local addresses, or those at which a cloud hands out credentials.
 */
import { BlockList, isIP } from 'node:net';

const networks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '::1/128',
  'fc00::/7',
];
const privateNetworks = networks.map((network) => ({
  bits: Number(network.split('/')[1]),
  list: listOf([network]),
}));
const linkLocal = listOf(['169.254.0.0/16', 'fe80::/10']);
/** Instance metadata that is inside a private network: Amazon's, Google's and Alibaba's. Elsewhere it is link-local. */
const metadata = listOf(['fd00:ec2::254/128', 'fd20:ce::254/128', '100.100.100.200/32']);

/** @param subnets addresses with a prefix length */
export function listOf(subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** IPv4 as ::ffff:a.b.c.d counts as IPv4. */
export const isIn = (list: BlockList, address: string) =>
  list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An IPv6 address without its brackets in a URL, a name without its final dot. */
export const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

/**
 * @param entry a host name, an address, or an address with a prefix length
 * @returns why it may not be listed, as the end of a sentence; null if it may
 */
export function privateTargetProblem(entry: string): string | null {
  const [address = '', prefix, ...more] = entry.split('/');
  const family = isIP(address);
  if (family === 0) return isHostName(entry) ? null : 'is not a host name, an address or a network';
  const longest = family === 6 ? 128 : 32;
  const bits = prefix === undefined ? longest : Number(prefix);
  if (more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) || bits > longest)
    return 'is not a host name, an address or a network';
  if (isIn(linkLocal, address) || (bits === longest && isIn(metadata, address)))
    return 'is a link-local or metadata address, where a cloud hands out credentials: never reached';
  const around = privateNetworks.find(({ list }) => isIn(list, address));
  return around && bits >= around.bits ? null : `is not inside a private network (${networks.join(', ')})`;
}

/** As a URL has it: `127.1` would be an address there, and `n8n:5678` a host with a port. */
function isHostName(text: string): boolean {
  return /^[a-z0-9_.-]{1,253}$/i.test(text) && URL.parse(`http://${text}/`)?.hostname === text.toLowerCase();
}

export interface PrivateTargets {
  /** Lower-case host names, whatever private address they resolve to. */
  names: string[];
  subnets: BlockList;
}

/** @param entries without a `privateTargetProblem` */
export function privateTargets(entries: string[]): PrivateTargets {
  const names = entries.filter((entry) => isIP(entry.split('/')[0] ?? '') === 0);
  const subnets = entries
    .filter((entry) => !names.includes(entry))
    .map((entry) => (entry.includes('/') ? entry : `${entry}/${isIP(entry) === 6 ? 128 : 32}`));
  return { names: names.map((name) => bare(name.toLowerCase())), subnets: listOf(subnets) };
}

/** @param hostname of a `URL` */
export function namesPrivateTarget(hostname: string, targets: PrivateTargets): boolean {
  const host = bare(hostname);
  return isIP(host) === 0 ? targets.names.includes(host) : isPrivateTarget(host, host, targets);
}

/**
 * @param hostname of a `URL`
 * @param address that it has resolved to, or is
 */
export function isPrivateTarget(hostname: string, address: string, targets: PrivateTargets): boolean {
  if (isIP(address) === 0 || isIn(metadata, address)) return false;
  if (!privateNetworks.some(({ list }) => isIn(list, address))) return false;
  return targets.names.includes(bare(hostname)) || isIn(targets.subnets, address);
}
