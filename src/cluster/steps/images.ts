import type { ImageArtifact } from '../../artifacts/port.ts';
import { change, done, type Step } from '../../engine/step.ts';

const listImages = ['ctr', '--connect-timeout', '2s', '-n', 'k8s.io', 'images', 'ls'] as const;

/** An image in containerd's k8s.io namespace under its reference and with exactly this digest. */
export function imageStep(image: ImageArtifact): Step {
  return {
    name: image.component,
    look: [{ kind: 'run', argv: listImages }],
    check: (seen) => {
      if (digestsOf(seen.run(listImages).stdout).get(image.reference) === image.digest) return done;
      const size = `${(image.size / 1e6).toFixed(0)} MB`;
      return change(
        `import image ${image.reference}, ${size}`,
        [{ kind: 'image', reference: image.reference, artifact: image, timeoutSeconds: 600 }],
        'bulk',
      );
    },
  };
}

/** `ctr images ls`: REF TYPE DIGEST SIZE PLATFORMS LABELS. No containerd yet means no images. */
function digestsOf(table: string): Map<string, string> {
  const rows = table.split('\n').slice(1);
  return new Map(
    rows.map((row) => row.split(/\s+/)).map(([reference, , digest]) => [reference ?? '', digest ?? '']),
  );
}
