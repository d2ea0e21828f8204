import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { watchInterrupts } from '../../../src/cli/interrupts.ts';

function set() {
  const process = new EventEmitter();
  const exits: number[] = [];
  const interrupts = watchInterrupts({
    on: (signal, listener) => process.on(signal, listener),
    stderr: new PassThrough(),
    exit: (code) => exits.push(code),
  });
  return { interrupts, exits, press: () => process.emit('SIGINT') };
}

test('B04: nobody listens: the first ends the process', () => {
  const { exits, press } = set();
  press();
  expect(exits).toEqual([130]);
});

test('B04: somebody listens: the first asks, the second ends the process', () => {
  const { interrupts, exits, press } = set();
  const signal = interrupts.signal();
  press();
  expect(signal.aborted).toBe(true);
  expect(interrupts.asked).toBe(true);
  expect(exits).toEqual([]);
  press();
  expect(exits).toEqual([130]);
});
