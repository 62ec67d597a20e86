import { describe, expect, it } from 'vitest';
import { guardedLookup, parseAddress, refusedIp } from './address.ts';

const refused = [
  'http://127.0.0.1:9090',
  'http://127.1',
  'http://127.255.255.254',
  'http://2130706433',
  'http://0x7f000001',
  'http://0x7f.1',
  'http://0177.0.0.1',
  'http://017700000001',
  'http://0',
  'http://0.0.0.0:9090',
  'http://127.0.0.1.',
  'http://１２７.０.０.１',
  'http://127。0。0。1',
  'http://localhost',
  'http://LOCALHOST:9090',
  'http://localhost.',
  'http://prometheus.localhost',
  'http://[::1]:9090',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::127.0.0.1]',
  'http://[::ffff:0:127.0.0.1]',
  'http://[64:ff9b::127.0.0.1]',
  'http://[64:ff9b::a9fe:a9fe]',
  'http://[2002:7f00:1::]',
  'http://[2002:a9fe:a9fe::1]',
  'http://169.254.169.254/latest/meta-data',
  'http://169.254.1.1',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://[::ffff:169.254.169.254]',
  'http://[fe80::1]',
  'http://[febf::1]',
  'http://[fd00:ec2::254]',
];

const allowed = [
  'http://10.96.0.10:9090',
  'http://192.168.1.7:9090/prometheus',
  'http://172.16.0.1',
  'http://[fd12:3456::1]:9090',
  'http://[::ffff:10.0.0.1]',
  'http://[64:ff9b::10.0.0.1]',
  'http://prometheus.monitoring.svc:9090',
  'https://thanos.example.com/api/',
  'http://localhost.example.com',
  'http://128.0.0.1',
];

describe('addresses in templates', () => {
  it.each(refused)('%s is refused', (address) => {
    expect(parseAddress(address, false)).toMatchObject({ ok: false, failure: expect.stringContaining('refused') });
  });

  it.each(allowed)('%s is allowed', (address) => {
    expect(parseAddress(address, false)).toMatchObject({ ok: true });
  });

  it.each([
    ['prometheus:9090', /http/],
    ['ftp://prom', /http/],
    ['file:///etc/passwd', /http/],
    ['unix:/run/x', /http/],
    ['', /no URL/],
    ['http://', /no URL/],
    ['http://prom/?x=1', /query/],
    ['http://prom/#x', /fragment/],
    ['http://user:pw@prom', /credentials/],
    ['http://127.0.0.1@prom', /credentials/],
  ])('%s is no address', (address, message) => {
    const parsed = parseAddress(address, false);
    expect(parsed).toMatchObject({ ok: false, failure: expect.stringMatching(message) });
    expect(JSON.stringify(parsed)).not.toContain('pw');
  });
});

describe('the operator’s address', () => {
  it('may be anything, with credentials taken out of it', () => {
    expect(parseAddress('http://127.0.0.1:9090/', true)).toEqual({ ok: true, value: { url: 'http://127.0.0.1:9090', isTrusted: true } });
    expect(parseAddress('https://a:b@prom/x/', true)).toEqual({
      ok: true,
      value: { url: 'https://prom/x', isTrusted: true, authorization: 'Basic YTpi' },
    });
  });
});

describe('names', () => {
  it('that resolve to loopback are refused at connect time', async () => {
    const error = await new Promise((resolve) => guardedLookup('localhost', { all: true }, resolve));
    expect(error).toMatchObject({ code: 'ESLUICEREFUSED', message: expect.stringContaining('loopback') });
  });
});

describe('addresses that DNS may give', () => {
  it.each(['::ffff:127.0.0.1', 'fe80::1%eth0', '169.254.0.1', '0.0.0.0'])('%s is refused', (ip) => {
    expect(refusedIp(ip)).toBeDefined();
  });
  it.each(['10.0.0.1', '2001:db8::1', '100.64.0.1'])('%s is not', (ip) => {
    expect(refusedIp(ip)).toBeUndefined();
  });
});
