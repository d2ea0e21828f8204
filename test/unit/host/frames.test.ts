import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameReader, Lost } from '../../../src/host/frames.ts';

const marker = 'a'.repeat(32);

async function readAll(bytes: Buffer, cuts: number[]) {
  const stream = new PassThrough();
  const reader = new FrameReader(stream, marker);
  let from = 0;
  for (const cut of [...new Set(cuts.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b)) {
    stream.write(bytes.subarray(from, cut));
    from = cut;
  }
  stream.end(bytes.subarray(from));
  const frames = [];
  for (;;) {
    const frame = await reader.next().catch((error) => error);
    if (frame instanceof Error) return { frames, error: frame };
    frames.push(frame);
  }
}

it('B17, B60: reads any body however the bytes arrive, and skips what is said before a frame', async () => {
  const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const noise = fc.string({ maxLength: 50 });
  const frame = fc.record({ noise, body: fc.option(body) });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 5 }), fc.array(fc.nat(3000)), async (list, cuts) => {
      const bytes = Buffer.concat(
        list.flatMap(({ noise, body }, index) =>
          body
            ? [Buffer.from(`${noise}${marker} f ${index} +\n`), body, Buffer.from(`\n${marker}\n`)]
            : [Buffer.from(`${noise}${marker} f ${index}\n`)],
        ),
      );
      const { frames, error } = await readAll(bytes, cuts);
      expect(frames).toEqual(
        list.map(({ body }, index) => ({ words: ['f', String(index)], body: body ?? Buffer.alloc(0) })),
      );
      expect(error).toBeInstanceOf(Lost);
    }),
  );
});

it('keeps a body that ends in newlines, or looks like a marker cut short', async () => {
  for (const body of ['\n', '\n\n', `\n${marker.slice(1)}`, `${marker} x\n`, '']) {
    const { frames } = await readAll(Buffer.from(`${marker} f +\n${body}\n${marker}\n`), [3, 40]);
    expect(frames[0]?.body.toString()).toBe(body);
  }
});
