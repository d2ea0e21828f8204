import { change, done, type Step } from '../../engine/step.ts';
import { endShares, SHARE_FOLDER } from '../delivery/share.ts';
import type { Shares } from '../delivery/shares.ts';

/** Ends what an earlier run shared on this host and did not come to end. `own`: what this run shares, if it does. */
export function leftShareStep(own: Shares | undefined): Step {
  return {
    name: 'left-share',
    look: [{ kind: 'list', path: SHARE_FOLDER }],
    check: (seen) => {
      const left = seen.list(SHARE_FOLDER).filter((token) => token !== own?.token);
      if (left.length === 0) return done;
      return change('end the share of artifacts that an earlier run left', [endShares(left)]);
    },
  };
}
