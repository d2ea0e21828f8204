import { KubewrightError } from '../../base/errors.ts';
import {
  parseBootstrapToken,
  TOKEN_USAGES,
  type TokenOptions,
  type TokenParts,
} from '../manifests/bootstrap-token.ts';
import { parseDuration } from '../spec/duration.ts';

/** k8s.io/cluster-bootstrap/token/api: BootstrapGroupPattern. */
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Never repeats the text itself: it may be a token with one letter too many. */
export function requireToken(token: string): TokenParts {
  const parts = parseBootstrapToken(token);
  if (parts) return parts;
  throw invalid(
    'InvalidToken',
    'The token is not of the form [a-z0-9]{6}.[a-z0-9]{16}, as abcdef.0123456789abcdef is.',
  );
}

export function checkTokenOptions({ usages = TOKEN_USAGES, groups = [] }: TokenOptions): void {
  const unknown = usages.filter((usage) => !TOKEN_USAGES.some((known) => known === usage));
  if (unknown.length > 0) {
    throw invalid(
      'InvalidTokenUsage',
      `A token cannot be used for ${unknown.join(', ')}; it can be for ${TOKEN_USAGES.join(', ')}.`,
    );
  }
  const wrong = groups.find((group) => !GROUP.test(group));
  if (wrong !== undefined) {
    throw invalid(
      'InvalidTokenGroup',
      `"${wrong}" cannot be a group of a token: it has to begin with "system:bootstrappers:" and to go on in small letters, digits, ":" and "-".`,
    );
  }
  if (groups.length > 0 && !usages.includes('authentication')) {
    throw invalid('InvalidTokenGroup', 'A token that is not used for authentication belongs to no group.');
  }
}

/** A Go duration from now on; undefined for `0` and `0h0m0s`, which are never. */
export function expiryOf(ttl: string, now: Date): Date | undefined {
  if (/^(0|(0+(\.0+)?(h|ms|m|s))+)$/.test(ttl)) return undefined;
  const milliseconds = parseDuration(ttl);
  if (milliseconds !== undefined) return new Date(now.getTime() + milliseconds);
  throw invalid(
    'InvalidTokenTtl',
    `"${ttl}" is no time to live: that is 30s, 15m or 24h0m0s, or 0 for ever.`,
  );
}

function invalid(code: string, message: string): KubewrightError {
  const hint = 'kubewright token create --help shows what it takes; without a TOKEN it makes one.';
  return new KubewrightError({ code, message, hint, exit: 'invalidInput' });
}
