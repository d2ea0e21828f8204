import { change, done, type Step } from '../../engine/step.ts';

/** A kernel parameter as it is in force now; the file that keeps it over a reboot is a step of its own. */
export function sysctlStep(key: string, value: string): Step {
  const path = `/proc/sys/${key.replaceAll('.', '/')}`;
  return {
    name: key,
    look: [{ kind: 'run', argv: ['cat', path] }],
    check: (seen) =>
      seen.run(['cat', path]).stdout.trim() === value
        ? done
        : change(`set ${key} = ${value}`, [{ kind: 'sysctl', key, value }]),
  };
}
