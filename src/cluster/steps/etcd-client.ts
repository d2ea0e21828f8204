import type { Step } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { fileStep, stepName } from './file.ts';

const MODES = { ca: 0o644, cert: 0o644, key: 0o600 } as const;

/** What the API server needs for an etcd outside, where it is not on the host by its owner. */
export function etcdClientSteps({ externalEtcd }: NodeContext): Step[] {
  if (!externalEtcd?.placed) return [];
  const { paths, files } = externalEtcd;
  return (Object.keys(MODES) as (keyof typeof MODES)[]).map((file) => {
    const [path, content, mode] = [paths[file], files[file], MODES[file]];
    if (content === undefined) return later(path);
    return fileStep(stepName(path), { path, mode, content, ...(file === 'key' ? { secret: true } : {}) });
  });
}

/** In the plan of a cluster that is to be made. */
function later(path: string): Step {
  const why = 'it has the keys for etcd';
  return {
    name: stepName(path),
    check: () => ({ status: 'deferred', on: 'the first control plane', why, targets: [path] }),
  };
}
