import { type CommandResult, run } from '../../../src/lab/command.ts';
import type { LabHost } from '../../../src/lab/port.ts';
import { sshArguments } from '../../../src/lab/ssh.ts';

/** Runs one command as root on a lab host, over the system's ssh. Never throws for its exit code. */
export function ssh(host: LabHost, argv: readonly string[], timeoutSeconds = 120): Promise<CommandResult> {
  return run(['ssh', ...sshArguments(host, argv)], { timeoutSeconds });
}

/** A few lines of sh on a lab host. */
export function shell(host: LabHost, script: string, timeoutSeconds = 120): Promise<CommandResult> {
  return ssh(host, ['sh', '-c', script], timeoutSeconds);
}
