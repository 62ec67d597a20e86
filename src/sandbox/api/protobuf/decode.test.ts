import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from './decode.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const field = (number: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value, 'utf8'));
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([bytes('6b387300'), field(1, Buffer.concat([text(1, apiVersion), text(2, kind)])), field(2, raw)]);

describe('protobuf', () => {
  test('of a ConfigMap: maps, base64, flags', () => {
    const entry = (key: string, value: string) => Buffer.concat([text(1, key), text(2, value)]);
    const raw = Buffer.concat([
      field(1, Buffer.concat([text(1, 'a'), field(11, entry('x', 'y')), field(8, Buffer.alloc(0))])),
      field(2, entry('k', 'v')),
      field(2, entry('empty', '')),
      field(3, entry('b', 'bin')),
      bytes('2001'),
    ]);
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({
      ok: true,
      value: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', labels: { x: 'y' }, creationTimestamp: null },
        data: { k: 'v', empty: '' },
        binaryData: { b: 'Ymlu' },
        immutable: true,
      },
    });
  });

  test('of a Service: lists of messages, numbers, numbers that may be texts', () => {
    const port = Buffer.concat([bytes('18d00f'), field(4, bytes('0800108010')), text(2, 'TCP')]);
    const named = Buffer.concat([bytes('1851'), field(4, Buffer.concat([bytes('08011000'), text(3, 'http')]))]);
    const raw = field(2, Buffer.concat([field(1, port), field(1, named)]));
    expect(decodeProtobuf(envelope('v1', 'Service', raw))).toMatchObject({
      value: {
        spec: {
          ports: [
            { port: 2000, targetPort: 2048, protocol: 'TCP' },
            { port: 81, targetPort: 'http' },
          ],
        },
      },
    });
  });

  test('what the tables do not have is said, not dropped', () => {
    const raw = field(2, field(15, text(1, 'x')));
    expect(decodeProtobuf(envelope('v1', 'Pod', raw))).toEqual({
      ok: false,
      failure: 'this API server does not know field 15 of PodSpec in protobuf; send JSON',
    });
    expect(decodeProtobuf(envelope('v1', 'Node', raw))).toMatchObject({
      ok: false,
      failure: expect.stringContaining('no protobuf of kind Node'),
    });
  });

  test('rubbish is refused', () => {
    expect(decodeProtobuf(Buffer.from('{"kind":"Pod"}'))).toMatchObject({ ok: false });
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', bytes('0aff01')))).toMatchObject({
      ok: false,
      failure: 'the protobuf ends in the middle',
    });
  });
});
