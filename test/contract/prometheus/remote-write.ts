// The body of a remote write request, by hand: a protobuf of a few fields, in Snappy's framing without compression. It is the only
// way to give a real Prometheus samples with times of our own and staleness markers.
import type { Ask } from './ask.ts';
import type { LoadedSeries } from './notation.ts';
import type { ApiAnswer } from './shown.ts';

function remoteWriteBody(series: readonly LoadedSeries[]): Buffer {
  return snappy(Buffer.concat(series.map((each) => message(1, timeSeries(each)))));
}

const remoteWriteHeaders = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

function timeSeries({ labels, samples }: LoadedSeries): Buffer {
  const text = (field: number, value: string) => message(field, Buffer.from(value));
  return Buffer.concat([
    ...[...labels].map(([name, value]) => message(1, Buffer.concat([text(1, name), text(2, value)]))),
    ...samples.map(({ atMs, value }) => message(2, Buffer.concat([Buffer.from([0x09]), double(value), Buffer.from([0x10]), varint(atMs)]))),
  ]);
}

function double(value: number | 'stale'): Buffer {
  const bytes = Buffer.alloc(8);
  if (value === 'stale') bytes.writeBigUInt64LE(0x7ff0000000000002n);
  else if (Number.isNaN(value)) bytes.writeBigUInt64LE(0x7ff8000000000001n);
  else bytes.writeDoubleLE(value);
  return bytes;
}

const message = (field: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([(field << 3) | 2]), varint(body.length), body]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const longestLiteral = 65_536;

function snappy(body: Buffer): Buffer {
  const parts = [varint(body.length)];
  for (let at = 0; at < body.length; at += longestLiteral) {
    const piece = body.subarray(at, at + longestLiteral);
    const header = Buffer.alloc(3);
    header.writeUInt8(61 << 2);
    header.writeUInt16LE(piece.length - 1, 1);
    parts.push(header, piece);
  }
  return Buffer.concat(parts);
}

interface RemotePrometheus {
  readonly ask: Ask;
  readonly get: (path: string) => Promise<ApiAnswer>;
  load(series: readonly LoadedSeries[]): Promise<void>;
}

/** A real server that was started with `--web.enable-remote-write-receiver`. */
export function remotePrometheus(url: string): RemotePrometheus {
  return {
    async load(series) {
      const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers: remoteWriteHeaders, body: remoteWriteBody(series) });
      if (response.status !== 204) throw new Error(`remote write: ${response.status} ${await response.text()}`);
    },
    async get(path) {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.json() };
    },
    async ask(path, form) {
      const response = await fetch(`${url}${path}`, { method: 'POST', body: form });
      return { status: response.status, body: await response.json() };
    },
  };
}
