import { fail, ok, type Result } from '../../../lib/index.ts';
import { type Field, messages } from './messages.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0', 'latin1');

/**
 * An object that came as protobuf, as kubectl sends Kubernetes' own kinds. What is not in the tables is a failure: nothing is left out
 * in silence.
 */
export function decodeProtobuf(bytes: Buffer): Result<Readonly<Record<string, unknown>>, string> {
  if (!bytes.subarray(0, 4).equals(magic)) return fail('the body is no protobuf of Kubernetes');
  try {
    const envelope = read(bytes.subarray(4));
    const type = read(lastBytes(envelope, 1));
    const [apiVersion, kind] = [lastBytes(type, 1).toString('utf8'), lastBytes(type, 2).toString('utf8')];
    if (messages[kind] === undefined) return fail(`this API server reads no protobuf of kind ${kind}; send JSON`);
    return ok({ apiVersion, kind, ...decodeMessage(lastBytes(envelope, 2), kind) });
  } catch (error) {
    if (error instanceof Unreadable) return fail(error.message);
    throw error;
  }
}

/** Never leaves this file. */
class Unreadable extends Error {}

type Value = Buffer | bigint;
type Entries = readonly (readonly [number, Value])[];

function lastBytes(entries: Entries, number: number): Buffer {
  const found = entries.findLast(([at]) => at === number)?.[1];
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

/** The fields of a message, by number, in the order of the bytes. */
function read(bytes: Buffer): Entries {
  const entries: (readonly [number, Value])[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Unreadable('the protobuf ends in the middle');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        entries.push([number, BigInt.asIntN(64, varint())]);
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new Unreadable('the protobuf ends in the middle');
        entries.push([number, bytes.subarray(at, at + length)]);
        at += length;
        break;
      }
      default:
        throw new Unreadable(`a field of a kind that Kubernetes does not use: ${tag & 7}`);
    }
  }
  return entries;
}

function decodeMessage(bytes: Buffer, name: string): Record<string, unknown> {
  if (name === 'Nothing') return {};
  const result: Record<string, unknown> = {};
  for (const [number, value] of read(bytes)) {
    const field = messages[name]?.[number];
    if (field === undefined) throw new Unreadable(`this API server does not know field ${number} of ${name} in protobuf; send JSON`);
    add(result, field, value);
  }
  return result;
}

function add(result: Record<string, unknown>, { name, type, shape }: Field, value: Value): void {
  switch (shape) {
    case 'one':
      result[name] = decodeValue(value, type);
      return;
    case 'list':
      result[name] = [...((result[name] as unknown[] | undefined) ?? []), decodeValue(value, type)];
      return;
    case 'map': {
      const entry = Buffer.isBuffer(value) ? read(value) : [];
      const key = lastBytes(entry, 1).toString('utf8');
      result[name] = { ...(result[name] as object | undefined), [key]: decodeValue(lastBytes(entry, 2), type) };
    }
  }
}

function decodeValue(value: Value, type: string): unknown {
  if (!Buffer.isBuffer(value)) return type === 'flag' ? value !== 0n : Number(value);
  switch (type) {
    case 'text':
      return value.toString('utf8');
    case 'bytes':
      return value.toString('base64');
    case 'time':
      return timeOf(read(value));
    case 'intOrText':
      return intOrText(read(value));
    default:
      return decodeMessage(value, type);
  }
}

function timeOf(entries: Entries): string | null {
  const seconds = entries.find(([at]) => at === 1)?.[1];
  return typeof seconds === 'bigint' && seconds !== 0n ? new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z') : null;
}

function intOrText(entries: Entries): unknown {
  const isText = entries.find(([at]) => at === 1)?.[1] === 1n;
  const number = entries.find(([at]) => at === 2)?.[1];
  return isText ? lastBytes(entries, 3).toString('utf8') : Number(typeof number === 'bigint' ? number : 0n);
}
