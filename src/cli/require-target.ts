import { KubewrightError } from '../base/errors.ts';
import type { CliContext } from './context.ts';

/** The host that was named, or asked for where there is somebody to ask. */
export async function requireTarget(
  target: string | undefined,
  cli: CliContext,
  command: string,
): Promise<string> {
  if (target) return target;
  const prompts = await cli.prompts();
  if (prompts) {
    return prompts.input(
      'Which host is to be the first control plane ([user@]host[:port], a lab host, or "local")?',
      {
        validate: (value) => value.trim() !== '' || 'A host is needed.',
      },
    );
  }
  throw new KubewrightError({
    code: 'HostMissing',
    message: `${command} needs a host, and there is no terminal to ask for it.`,
    hint: `kubewright ${command} [user@]host, a name from ssh_config, a lab host, or "local".`,
    exit: 'usage',
  });
}

/** Data is lost by what follows: a person says yes, or the command line does. */
export async function requireConfirmation(cli: CliContext, target: string, command = 'reset'): Promise<void> {
  if (await cli.labHost(target)) return;
  const prompts = await cli.prompts();
  if (prompts && (await prompts.confirm(`Take everything that Kubernetes has on ${target} away?`))) return;
  throw new KubewrightError({
    code: 'NotConfirmed',
    message: prompts
      ? 'Nothing was changed.'
      : `${command} of ${target} was not confirmed, and there is no terminal to ask.`,
    hint: `kubewright ${command} ${target} --yes`,
    exit: 'usage',
  });
}
