import { killPeer } from '../../test/bench/kills/peer-kills.ts';
import { build, prepare } from '../steps.ts';

/** The same kinds of kill for the real kubeadm, as a comparison: how often its command cannot be run again. */
export async function onPeer({ points, seed }: { points: number; seed: number }): Promise<boolean> {
  await build();
  await prepare({ peers: true });
  const killed = await killPeer({
    lab: 'kill-matrix-kubeadm',
    points,
    seed,
    say: (line) => console.log(line),
  });
  for (const command of ['init', 'join']) {
    const own = killed.filter((each) => each.command === command);
    const [again, reset, lost] = (['again', 'reset', 'lost'] as const).map(
      (end) => own.filter((each) => each.end === end).length,
    );
    console.log(
      `kubeadm ${command}: points tried ${own.length}, resumed ${again}, needed kubeadm reset ${reset}, not mended by it ${lost}`,
    );
  }
  return true;
}
