import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseJson } from '../json.ts';

const inflate = promisify(gunzip);
/** Of an error page this much is read; the rest is thrown away with the stream. */
const ERROR_BYTES = 256 * 1024;
const BODY_BYTES = 1024 * 1024 * 1024;

export async function readBody(
  body: Readable,
  headers: Record<string, string | string[] | undefined>,
  isError: boolean,
): Promise<unknown> {
  const limit = isError ? ERROR_BYTES : BODY_BYTES;
  const { bytes, cut } = await collect(body, limit);
  const zipped = headers['content-encoding'] === 'gzip' && bytes.length > 0;
  const plain = zipped && !cut ? await inflate(bytes, { maxOutputLength: limit }) : bytes;
  const text = plain.toString('utf8');
  if (!String(headers['content-type'] ?? '').includes('json') || text === '') return text;
  try {
    return parseJson(text);
  } catch (error) {
    if (isError) return text;
    throw error;
  }
}

async function collect(body: Readable, limit: number): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limit) return { bytes: Buffer.concat(chunks).subarray(0, limit), cut: true };
  }
  return { bytes: Buffer.concat(chunks), cut: false };
}
