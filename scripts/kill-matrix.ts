import { parseArgs } from 'node:util';
import { onLab } from './kill-matrix/lab.ts';
import { onPeer } from './kill-matrix/peer.ts';
import { simulated } from './kill-matrix/sim.ts';

/**
 * `npm run kill-matrix [-- --flow init --seed 7 --sample 40]`: stops init, join, reset and the removal of nodes at every
 * operation, three ways each, on simulated hosts, runs the same command again, and tells what was lost. Exits with 1
 * where something was, or where an operation was not counted.
 * `--lab [--points 60] [--seed 7]`: on real hosts, at places that the seed draws. `--kubeadm [--points 12]`: the same
 * kinds of kill for the real kubeadm.
 */
const { values } = parseArgs({
  options: {
    lab: { type: 'boolean', default: false },
    kubeadm: { type: 'boolean', default: false },
    points: { type: 'string' },
    seed: { type: 'string', default: '1' },
    flow: { type: 'string', multiple: true },
    sample: { type: 'string' },
    worlds: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed);
const whole = values.lab
  ? await onLab({ points: Number(values.points ?? 60), seed })
  : values.kubeadm
    ? await onPeer({ points: Number(values.points ?? 12), seed })
    : await simulated({ ...values, seed });
process.exit(whole ? 0 : 1);
