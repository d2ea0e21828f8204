import type { KubewrightError } from '../../base/errors.ts';
import type { KubeObject, ResourceType } from '../port.ts';
import type { Manifest } from '../yaml.ts';

export interface ApplyOptions {
  /** Default `kubewright`. */
  fieldManager?: string;
  /** Takes fields away from other managers instead of reporting a conflict. */
  force?: boolean;
  /** The server checks and answers, and keeps nothing. */
  dryRun?: boolean;
  /** What happens to unknown and duplicate fields; default strict. */
  validate?: 'strict' | 'warn' | 'ignore';
  /** How long definitions may take to be established and namespaces to be active; default 60 000. */
  waitTimeoutMs?: number;
  /** Requests under way at once; the client's own limit holds besides. Default 64. */
  concurrency?: number;
  /** Called as each object is done, in the order in which they get done. */
  onResult?: (result: ApplyResult) => void;
  signal?: AbortSignal;
}

export interface ApplyResult {
  manifest: Manifest;
  type?: ResourceType;
  /** `skipped`: a dry run cannot check it, because what it needs comes with the same run. */
  outcome: 'created' | 'configured' | 'unchanged' | 'skipped' | 'failed';
  /** The object as the server has it now. */
  object?: KubeObject;
  /** Names file and line, and carries the server's words; its cause is the ApiError. */
  error?: KubewrightError;
  /** The server's warnings. */
  warnings: string[];
}
