import { deflateRawSync, inflateRawSync } from 'node:zlib';

const dictionaryBytes = 8_192;
/** A text that packs to more than this share of itself is like none of the dictionary. */
const strangeShare = 0.3;
/** A shorter one is not worth a dictionary of its own. */
const leastBytes = 256;

/** A text of a `TextPacker`. */
export class PackedText {
  /** Deflated, a character a byte: a text costs less than a Buffer. */
  readonly #bytes: string;
  /** Shared by many. */
  readonly #dictionary: Buffer;

  constructor(bytes: string, dictionary: Buffer) {
    this.#bytes = bytes;
    this.#dictionary = dictionary;
  }

  get length(): number {
    return this.#bytes.length;
  }

  unpack(): string {
    return inflateRawSync(Buffer.from(this.#bytes, 'latin1'), { dictionary: this.#dictionary }).toString('utf8');
  }
}

/**
 * Keeps texts that resemble one another, of a kilobyte or so each, as what sets each apart from those before it: a tenth of its size or
 * less, where deflate by itself leaves half. Texts that are like none so far join the dictionary, until that is full.
 */
export class TextPacker {
  #dictionary: Buffer = Buffer.alloc(0);

  pack(text: string): PackedText {
    const plain = Buffer.from(text, 'utf8');
    const dictionary = this.#dictionary;
    const packed = deflateRawSync(plain, { dictionary });
    if (plain.length >= leastBytes && packed.length > strangeShare * plain.length) this.#learn(plain);
    return new PackedText(packed.toString('latin1'), dictionary);
  }

  #learn(plain: Buffer): void {
    const room = dictionaryBytes - this.#dictionary.length;
    if (room > 0) this.#dictionary = Buffer.concat([this.#dictionary, plain.subarray(0, room)]);
  }
}
