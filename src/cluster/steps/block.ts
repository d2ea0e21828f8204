import { change, done, type Step } from '../../engine/step.ts';
import { describe, expectation } from './file.ts';

const begin = '# kubewright: begin';
const end = '# kubewright: end';

/** Lines of ours in a file that belongs to the host, between two marks; everything around them stays. */
export function blockStep(name: string, path: string, lines: readonly string[]): Step {
  return {
    name,
    look: [{ kind: 'file', path, content: true }],
    check: (seen) => {
      const found = seen.file(path, { content: true });
      const before = found.content?.toString('utf8') ?? '';
      const after = withBlock(before, lines);
      if (found.type === 'file' && after === before) return done;
      const mode = found.type === 'file' ? found.mode : 0o644;
      const write = { kind: 'write' as const, path, mode, content: after, ...expectation(found) };
      return change(describe(found, { path, mode }), [write]);
    },
  };
}

/** Puts the block where it stood, or at the end. Without lines the block goes. */
export function withBlock(text: string, lines: readonly string[]): string {
  const kept = text.split('\n');
  // A mark of which somebody took the other half away must not make the lines between ours.
  const to = kept.findIndex((line, index) => line === end && kept.slice(0, index).includes(begin));
  const from = to < 0 ? -1 : kept.lastIndexOf(begin, to);
  const block = lines.length > 0 ? [begin, ...lines, end] : [];
  if (from >= 0) {
    kept.splice(from, to - from + 1, ...block);
    return kept.join('\n');
  }
  if (block.length === 0) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${block.join('\n')}\n`;
}
