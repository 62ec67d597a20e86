import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { fail, ok, type Result } from '../lib/result.ts';

/** Where questions go: an origin with an optional path prefix. `isTrusted`: the operator named it, so any address will do. */
export interface Address {
  /** Without credentials, query or trailing slash. */
  readonly url: string;
  readonly isTrusted: boolean;
  /** Of an operator's address of the form `http://user:password@host`. */
  readonly authorization?: string;
}

/**
 * Reads an address. Those of templates come from tenants: no credentials in them, and never the controller's own host or the
 * cloud's metadata service, in whatever notation. What a name resolves to is checked by `guardedLookup`, at connect time.
 */
export function parseAddress(text: string, isTrusted: boolean): Result<Address, string> {
  const parsed = allowedUrl(text, isTrusted);
  if (!parsed.ok) return parsed;
  const url = parsed.value;
  if (url.search !== '' || url.hash !== '') return fail('the address must not have a query or a fragment');
  return ok({
    url: `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`,
    isTrusted,
    ...(hasCredentials(url) ? { authorization: basicAuth(url) } : {}),
  });
}

/** As `parseAddress`, with path and query. What its host's name resolves to is checked by `guardedLookup`. */
export function allowedUrl(text: string, isTrusted: boolean): Result<URL, string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return fail('the address is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return fail('the address must begin with http:// or https://');
  if (isTrusted) return ok(url);
  if (hasCredentials(url)) return fail('the address must not hold credentials: use a header with a secretKeyRef');
  const refusal = refusedHost(url.hostname);
  return refusal === undefined ? ok(url) : fail(`the address is refused: ${refusal}`);
}

const hasCredentials = ({ username, password }: URL): boolean => username !== '' || password !== '';

function basicAuth(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

// The URL parser has already turned decimal, octal, hexadecimal, full-width and short forms of IPv4 into the dotted one.
function refusedHost(hostname: string): string | undefined {
  const host = hostname.replace(/\.$/, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  const literal = host.startsWith('[') ? host.slice(1, -1) : host;
  return isIP(literal) === 0 ? undefined : refusedIp(literal);
}

const ranges = {
  loopback: blockList(['127.0.0.0', 8, 'ipv4'], ['0.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'], ['::', 128, 'ipv6']),
  'link-local': blockList(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6']),
  // Link-local in all but name: AWS answers instance metadata there.
  'a metadata service': blockList(['fd00:ec2::254', 128, 'ipv6']),
};

/** Why an IP must not be contacted for a tenant; undefined where it may be. Addresses wrapped into IPv6 are unwrapped first. */
export function refusedIp(ip: string): string | undefined {
  const address = embeddedIPv4(ip) ?? ip;
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return Object.entries(ranges).find(([, list]) => list.check(address, family))?.[0];
}

/** The IPv4 address inside an IPv4-mapped, IPv4-compatible, 6to4 or NAT64 address. */
function embeddedIPv4(ip: string): string | undefined {
  if (isIP(ip) !== 6) return undefined;
  const groups = groupsOf(ip);
  const [first = 0, second = 0] = groups;
  const tail = () => dotted(groups[6], groups[7]);
  if (first === 0x2002) return dotted(second, groups[2]);
  if (first === 0x64 && second === 0xff9b) return tail();
  const isZeroUpTo = (count: number) => groups.slice(0, count).every((group) => group === 0);
  if (isZeroUpTo(5) && groups[5] === 0xffff) return tail();
  // SIIT (::ffff:0:a.b.c.d), and the deprecated ::a.b.c.d, of which :: and ::1 are none.
  if (isZeroUpTo(4) && groups[4] === 0xffff && groups[5] === 0) return tail();
  return isZeroUpTo(6) && groups[6] !== 0 ? tail() : undefined;
}

const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

function groupsOf(ip: string): readonly number[] {
  // The URL parser writes the shortest hexadecimal form, without dots.
  const shortest = new URL(`http://[${ip.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = shortest.split('::');
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const left = numbers(head);
  if (tail === undefined) return left;
  const right = numbers(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function blockList(...subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

export const refusedLookupCode = 'ESLUICEREFUSED';

/** DNS for addresses of templates. The connection goes to the very addresses that were checked, so a second answer changes nothing. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const first = addresses?.[0];
    if (error !== null || first === undefined) return callback(error ?? new Error(`no address for ${hostname}`), []);
    const refusal = addresses.map(({ address }) => refusedIp(address)).find((reason) => reason !== undefined);
    if (refusal !== undefined) {
      const refused: NodeJS.ErrnoException = new Error(`the address is refused: ${hostname} resolves to ${refusal}`);
      refused.code = refusedLookupCode;
      return callback(refused, []);
    }
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
