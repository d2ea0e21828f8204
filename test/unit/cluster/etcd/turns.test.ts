import { expect, it } from 'vitest';
import { Turns } from '../../../../src/cluster/etcd/turns.ts';

it('lets one in at a time, in the order in which they asked', async () => {
  const turns = new Turns();
  const [first, second, third] = [turns.turn(), turns.turn(), turns.turn()];
  const order: string[] = [];
  await third.take();
  const others = [
    first.take().then(() => order.push('first')),
    second.take().then(() => order.push('second')),
  ];
  await Promise.resolve();
  expect(order).toEqual([]);
  third.release();
  await others[0];
  expect(order).toEqual(['first']);
  first.release();
  await Promise.all(others);
  expect(order).toEqual(['first', 'second']);
});

it('is not held up by one that never came, nor by letting go twice', async () => {
  const turns = new Turns();
  const absent = turns.turn();
  absent.release();
  const one = turns.turn();
  await one.take();
  await one.take();
  one.release();
  one.release();
  await turns.turn().take();
});
