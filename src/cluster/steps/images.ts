import type { ImageArtifact } from '../../artifacts/port.ts';
import type { PlannedChange } from '../../engine/changes.ts';
import { change, done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { Carriage, Courier } from '../delivery/courier.ts';
import { FROM_HOSTS } from '../delivery/share.ts';

const listImages = ['ctr', '--connect-timeout', '2s', '-n', 'k8s.io', 'images', 'ls'] as const;

export interface HostImage extends ImageArtifact {
  /** What manifests call it, where that is not the reference in the archive. */
  alias?: string;
  /** Who brings it from hosts that have it; absent: it comes from here. */
  courier?: Courier;
}

/** An image in containerd's k8s.io namespace under its reference and with exactly this digest. */
export function imageStep(image: HostImage): Step {
  const wanted = image.alias ?? image.reference;
  return {
    name: image.component,
    look: [{ kind: 'run', argv: listImages }],
    check: (seen) => {
      const digests = digestsOf(seen.run(listImages).stdout);
      if (digests.get(wanted) === image.digest) return done;
      const size = `${(image.size / 1e6).toFixed(0)} MB`;
      const there = digests.get(image.reference) === image.digest;
      const announce = [announced(image, wanted, digests.get(wanted))];
      if (there) return change(`name image ${wanted}`, tags(image), { lane: 'bulk', announce });
      const { courier } = image;
      const summary = `import image ${wanted}, ${size}${courier ? FROM_HOSTS : ''}`;
      const drafts = (carriage: Partial<Carriage>) => [importOf(image, carriage), ...tags(image)];
      const known = drafts({});
      if (courier)
        return {
          status: 'change',
          summary: [summary],
          change: courier.change(image, drafts),
          known,
          announce,
        };
      return change(summary, known, { lane: 'bulk', announce });
    },
  };
}

function announced({ digest }: HostImage, target: string, before: string | undefined): PlannedChange {
  return { kind: 'image', action: 'import', target, ...(before ? { before } : {}), after: digest };
}

function importOf(image: HostImage, carriage: Partial<Carriage>): OperationDraft {
  return { kind: 'image', reference: image.reference, artifact: image, timeoutSeconds: 600, ...carriage };
}

function tags({ alias, reference }: HostImage): OperationDraft[] {
  if (alias === undefined) return [];
  return [{ kind: 'run', argv: ['ctr', '-n', 'k8s.io', 'images', 'tag', '--force', reference, alias] }];
}

/** `ctr images ls`: REF TYPE DIGEST SIZE PLATFORMS LABELS. No containerd yet means no images. */
function digestsOf(table: string): Map<string, string> {
  const rows = table.split('\n').slice(1);
  return new Map(
    rows.map((row) => row.split(/\s+/)).map(([reference, , digest]) => [reference ?? '', digest ?? '']),
  );
}
