import { KubewrightError } from '../../base/errors.ts';
import { EXIT } from '../../base/exit-codes.ts';

/** For a verb whose exit code 1 is an answer: what would fail with it fails with 2 (kubectl diff: above 1). */
export async function aboveOne<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubewrightError) || error.exit !== EXIT.failure) throw error;
    const { code, message, hint, host, step, evidence, cause } = error;
    const details = { code, message, exit: 'usage' as const, cause: cause ?? error };
    throw new KubewrightError({
      ...details,
      ...(hint === undefined ? {} : { hint }),
      ...(host === undefined ? {} : { host }),
      ...(step === undefined ? {} : { step }),
      ...(evidence === undefined ? {} : { evidence }),
    });
  }
}
