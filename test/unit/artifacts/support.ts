import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Cache } from '../../../src/artifacts/cache.ts';
import type { Artifact } from '../../../src/artifacts/port.ts';
import type { KubewrightError } from '../../../src/base/errors.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-artifacts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function temporaryCache(): Cache {
  return new Cache(join(temporaryFolder(), 'artifacts'));
}

/** An artifact in the cache that has these bytes. */
export function store(cache: Cache, name: string, content: Buffer | string): Promise<Artifact> {
  return cache.temporary(async (folder) => {
    writeFileSync(join(folder, 'file'), content);
    const entry = { component: name, version: 'v1', arch: 'amd64', source: 'build', made: {} } as const;
    return cache.put({ name, key: 'k' }, join(folder, 'file'), entry);
  });
}

export async function bytes(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a promise is refused with; fails when it is not. */
export async function refusal(promise: Promise<unknown>): Promise<KubewrightError> {
  return promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: KubewrightError) => error,
  );
}

/** A script in FOLDER/NAME, executable. */
export function script(folder: string, name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
