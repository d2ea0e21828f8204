import { configError } from './config-lines.ts';

/** This side of the connection. */
export interface Local {
  user: string;
  home: string;
  uid: string;
}

/** `%h`, `%p`, `%r` …; a token that we do not know is an error, as in OpenSSH. */
export function expandTokens(text: string, tokens: Record<string, string>, where: string): string {
  return text.replace(/%(.?)/gs, (_, token: string) => {
    if (token === '%') return '%';
    const value = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
    if (value === undefined) throw configError(where, `the token %${token} is not supported`);
    return value;
  });
}

/** `~`, `~/x`, `%d/x`, `${HOME}/x`; relative paths stay relative to the working directory, as in OpenSSH. */
export function expandPath(
  path: string,
  tokens: Record<string, string>,
  local: Local,
  env: Record<string, string | undefined>,
  where: string,
): string {
  const withEnvironment = path.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw configError(where, `the environment variable ${name} is not set`);
    return value;
  });
  const home = withEnvironment.replace(/^~(?=\/|$)/, () => local.home.replaceAll('%', '%%'));
  return expandTokens(home, tokens, where);
}
