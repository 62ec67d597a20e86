/** Cuts a byte stream into lines. Works on bytes, since a character may be split between two chunks. */
export class LineSplitter {
  readonly #maxBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, or undefined when one is longer than allowed. Empty lines are left out. */
  push(chunk: Buffer): readonly string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      if (line === undefined) return undefined;
      if (line !== '' && line !== '\r') lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return this.#heldBytes > this.#maxBytes ? undefined : lines;
  }

  /** What came after the last newline. */
  rest(): string {
    const text = Buffer.concat(this.#held).toString('utf8');
    this.#held = [];
    this.#heldBytes = 0;
    return text;
  }

  #complete(tail: Buffer): string | undefined {
    if (this.#heldBytes + tail.length > this.#maxBytes) return undefined;
    if (this.#held.length === 0) return tail.toString('utf8');
    this.#hold(tail);
    return this.rest();
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }
}

/** A queue between a pushing source and one `for await`: bounded by telling the source to pause and to resume. */
export class LineQueue implements AsyncIterable<string> {
  readonly #highWater: number;
  readonly #pause: () => void;
  readonly #resume: () => void;
  #lines: string[] = [];
  #next = 0;
  #ended = false;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor({ highWater, pause, resume }: { highWater: number; pause: () => void; resume: () => void }) {
    this.#highWater = highWater;
    this.#pause = pause;
    this.#resume = resume;
  }

  push(lines: readonly string[]): void {
    if (this.#ended) return;
    for (const line of lines) this.#lines.push(line);
    if (!this.#paused && this.#lines.length - this.#next > this.#highWater) {
      this.#paused = true;
      this.#pause();
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#shift();
      if (line !== undefined) yield line;
      else if (this.#ended) return;
      else await this.#more();
    }
  }

  #shift(): string | undefined {
    const line = this.#lines[this.#next];
    if (line === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#lines.length) {
      this.#lines = [];
      this.#next = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#resume();
      }
    }
    return line;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
