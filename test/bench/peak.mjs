// Preloaded into the measured command (NODE_OPTIONS): what it held at most, in KiB, one line into a file at its end.
import { appendFileSync } from 'node:fs';

const file = process.env.KUBEWRIGHT_BENCH_PEAK;
if (file) process.on('exit', () => appendFileSync(file, `${process.resourceUsage().maxRSS}\n`));
