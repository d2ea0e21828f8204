import { spawn } from 'node:child_process';
import { quote } from '../base/quote.ts';
import type { LabHost } from './port.ts';

/** Arguments for the system's ssh: this lab's key and known_hosts, nothing of the user's own configuration. */
export function sshArguments(host: LabHost, command: readonly string[] = []): string[] {
  const options = {
    IdentityFile: `"${host.identityFile}"`,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: `"${host.knownHostsFile}"`,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '10',
    LogLevel: 'ERROR',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const target = ['-p', String(host.port), '-l', host.user, '--', host.address];
  return ['-F', 'none', ...flags, ...target, ...(command.length > 0 ? [quote(command)] : [])];
}

/** A shell or one command on a lab host, on this process's own terminal. Answers ssh's exit code. */
export function labSsh(host: LabHost, command: readonly string[] = []): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', sshArguments(host, command), { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}
