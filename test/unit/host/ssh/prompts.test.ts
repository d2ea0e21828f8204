import { describe, expect, it } from 'vitest';
import { sleep } from '../../../../src/base/wait.ts';
import { noPrompts, rememberAnswers } from '../../../../src/host/ssh/prompts.ts';

describe('rememberAnswers', () => {
  const question = { user: 'u', host: 'h', prompt: 'Password:', echo: false, attempt: 1 };

  it('asks one question at a time, and the same one once', async () => {
    let open = 0;
    const asked: string[] = [];
    const ask = async (what: string) => {
      expect(++open).toBe(1);
      asked.push(what);
      await sleep(1);
      open--;
      return what;
    };
    const prompts = rememberAnswers({
      hostKey: async (q) => (await ask(q.host)) !== '',
      passphrase: (file, attempt) => ask(`${file} ${attempt}`),
      password: (q) => ask(`${q.prompt} ${q.attempt}`),
    });
    const key = { host: 'h', address: 'a', keyType: 't', fingerprint: 'f', file: 'k' };
    const answers = await Promise.all([
      prompts.passphrase('a', 1),
      prompts.passphrase('a', 1),
      prompts.passphrase('a', 2),
      prompts.password(question),
      prompts.password(question),
      prompts.password({ ...question, prompt: 'One-time code:' }),
      prompts.password({ ...question, prompt: 'One-time code:' }),
      prompts.hostKey(key),
    ]);
    expect(answers).toEqual([
      'a 1',
      'a 1',
      'a 2',
      'Password: 1',
      'Password: 1',
      'One-time code: 1',
      'One-time code: 1',
      true,
    ]);
    expect(asked).toEqual(['a 1', 'a 2', 'Password: 1', 'One-time code: 1', 'One-time code: 1', 'h']);
  });

  it('goes on after a question that failed, and asks it again', async () => {
    let times = 0;
    const prompts = rememberAnswers({
      ...noPrompts,
      passphrase: async () => {
        if (times++ === 0) throw new Error('terminal gone');
        return 'x';
      },
    });
    await expect(prompts.passphrase('f', 1)).rejects.toThrow('terminal gone');
    expect(await prompts.passphrase('f', 1)).toBe('x');
  });
});
