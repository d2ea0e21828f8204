import { accessSync, constants, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { KubewrightError } from '../base/errors.ts';
import type { ClosableReporter } from '../output/reporters/choose.ts';
import { timelinePage } from '../output/timeline-page.ts';

export const timelineFlag = {
  timeline: Flags.string({
    description: 'Write where the time of the run went into this file, as a web page of its own.',
  }),
};

/** The same reporter; the breakdown at the end of a run becomes a page too. Refuses a file that cannot be written. */
export function withTimelineFile(
  reporter: ClosableReporter,
  { file, cwd, root, title }: { file: string; cwd: string; root: string; title: string },
): ClosableReporter {
  const path = resolve(cwd, file);
  refuseUnwritable(path, file);
  return {
    ...reporter,
    emit: (event) => {
      reporter.emit(event);
      if (event.type !== 'timing') return;
      const template = readFileSync(join(root, 'templates/timeline/page.html'), 'utf8');
      try {
        writeFileSync(path, timelinePage(template, title, event));
      } catch (error) {
        // The run itself is done.
        const text = `the timeline could not be written: ${(error as Error).message}`;
        reporter.emit({ type: 'message', level: 'warning', text });
      }
    },
  };
}

/** Before any host is reached. */
function refuseUnwritable(path: string, file: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  } catch {
    // Told below, with a folder in place of a file.
  }
  throw new KubewrightError({
    code: 'ArgumentInvalid',
    message: `--timeline ${file} cannot be written.`,
    hint: 'Name a file in a folder that is there and that you may write.',
    exit: 'usage',
  });
}
