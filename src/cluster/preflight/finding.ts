import { KubewrightError } from '../../base/errors.ts';
import type { Reporter } from '../../output/events.ts';

/** One thing that is wrong with a host, by the name that --ignore-preflight-errors takes, and its cure. */
export interface Finding {
  /** kubeadm's name where it has the same check: `Port-6443`, `NumCPU`. */
  name: string;
  level: 'error' | 'warning';
  message: string;
  fix: string;
}

export function isIgnored(finding: Finding, ignored: readonly string[]): boolean {
  return ignored.some((name) => name.toLowerCase() === finding.name.toLowerCase() || name === 'all');
}

/** As warnings, what was accepted too. `told`: what a run said already, which it says once. */
export function tell(
  reporter: Reporter,
  host: string,
  findings: readonly Finding[],
  told: Set<string> = new Set(),
): void {
  for (const found of findings) {
    const key = `${host} ${found.name} ${found.message}`;
    if (told.has(key)) continue;
    told.add(key);
    const text = `[${found.name}] ${found.message}${found.level === 'error' ? ' (ignored)' : `; fix: ${found.fix}`}`;
    reporter.emit({ type: 'message', level: 'warning', host, text });
  }
}

/** All findings of a host in one error. */
export function preflightError(host: string, findings: readonly Finding[]): KubewrightError {
  const lines = findings.map((finding) => `[${finding.name}] ${finding.message}\n    fix: ${finding.fix}`);
  const names = findings.map((finding) => finding.name).join(',');
  const foreign = findings.find((finding) => finding.name === 'ForeignCluster');
  return new KubewrightError({
    code: foreign ? 'ForeignCluster' : 'PreflightFailed',
    message: `${findings.length} preflight ${findings.length === 1 ? 'check' : 'checks'} failed on ${host}; nothing was changed:\n${lines.join('\n')}`,
    host,
    step: 'preflight',
    hint: foreign
      ? `kubewright reset ${host} removes that cluster from the host, if it is not wanted any more.`
      : `Mend it, or accept it with --ignore-preflight-errors ${names}.`,
    exit: foreign ? 'foreignCluster' : 'preflight',
  });
}
