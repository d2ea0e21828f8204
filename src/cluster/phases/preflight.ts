import type { Phase } from '../../engine/phase.ts';
import { done } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { isIgnored, preflightError } from '../preflight/finding.ts';
import { machineFindings } from '../preflight/machine.ts';
import { roomFindings } from '../preflight/room.ts';

/** Every check at once, each with its cure; nothing is changed before all of them pass or are accepted by name. */
export const preflight: Phase<NodeContext> = {
  name: 'preflight',
  title: 'Check the host',
  after: [],
  steps: ({ facts, spec, node, host, reporter }) => [
    {
      name: 'checks',
      check: () => {
        const findings = [...machineFindings(facts, node), ...roomFindings(facts, spec, node)];
        const open = findings.filter(
          (found) => found.level === 'error' && !isIgnored(found, node.ignorePreflightErrors),
        );
        if (open.length > 0) throw preflightError(host.name, open);
        for (const found of findings) {
          const text = `[${found.name}] ${found.message}${found.level === 'error' ? ' (ignored)' : `; fix: ${found.fix}`}`;
          reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
        }
        return done;
      },
    },
  ],
};
