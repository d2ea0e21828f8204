import { createHash } from 'node:crypto';
import type { OperationDraft } from './step.ts';

/**
 * One thing that a step changes. What it was is known after a look at the host; what it will be is a digest of exact
 * bytes, or the specification of what is made when it is carried out.
 */
export interface PlannedChange {
  kind: ChangeKind;
  action: ChangeAction;
  /** Path, unit, kernel parameter, reference of an image, `ConfigMap kube-system/coredns`; `*` at the end stands for a name that is made later. */
  target: string;
  /** `sha256:…` of bytes, `fingerprint:…` of a secret, or a state in words; absent: not there, or not looked at. */
  before?: string;
  after?: string;
  /** `0600`; `owner` as UID:GID. */
  mode?: Sides;
  owner?: Sides;
  /** Its bytes are in no plan. */
  secret?: true;
  /** Why, where a step can tell: `expires on …`. */
  why?: string;
  generated?: Generated;
  /** Patch of what the bytes or fields become. */
  diff?: string;
  /** For this run alone, never in a text: JSON has no symbols. */
  [EXACT]?: Exact;
}

export type ChangeKind =
  | 'file'
  | 'folder'
  | 'link'
  | 'executable'
  | 'unit'
  | 'sysctl'
  | 'image'
  | 'key'
  | 'certificate'
  | 'object'
  | 'member'
  | 'command';

/** `write` becomes `create` or `update` when the host was looked at. */
export type ChangeAction =
  | 'write'
  | 'create'
  | 'update'
  | 'delete'
  | 'enable'
  | 'restart'
  | 'start'
  | 'stop'
  | 'disable'
  | 'set'
  | 'import'
  | 'issue'
  | 'apply'
  | 'run';

interface Sides {
  before?: string;
  after?: string;
}

/** What comes into being only when it is carried out, and within which bounds. */
export interface Generated {
  what: string;
  certificate?: CertificateSpec;
}

export interface CertificateSpec {
  /** `O=system:nodes, CN=system:node:w1` */
  subject: string;
  issuer: string;
  dns: readonly string[];
  ip: readonly string[];
  usages: readonly string[];
  /** From the moment of issue. */
  validHours: number;
}

/** sha256 in lower-case hex, also of what is secret. */
interface Exact {
  before?: 'absent' | { sha256: string };
  after?: string;
}

export const EXACT = Symbol('exact');

type Of<K extends OperationDraft['kind']> = Extract<OperationDraft, { kind: K }>;

/** What one operation does; undefined for what changes nothing by itself, as systemd's reload. */
export function changeOf(draft: OperationDraft): PlannedChange | undefined {
  switch (draft.kind) {
    case 'write':
      return written('file', draft, sha256(draft.content), draft.secret);
    case 'upload':
      return written('executable', draft, draft.artifact.sha256);
    case 'fetch':
      return written('executable', draft, draft.sha256);
    case 'remove':
      return { kind: 'file', action: 'delete', target: draft.path };
    case 'mkdir':
      return { kind: 'folder', action: 'write', target: draft.path, mode: { after: octal(draft.mode) } };
    case 'sysctl':
      return { kind: 'sysctl', action: 'set', target: draft.key, after: draft.value };
    case 'image':
      return {
        kind: 'image',
        action: 'import',
        target: draft.reference,
        after: `sha256:${draft.artifact.sha256}`,
      };
    case 'unit':
      return draft.action === 'reload'
        ? undefined
        : { kind: 'unit', action: draft.action, target: draft.name };
    case 'run':
      return command(draft);
  }
}

function written(
  kind: ChangeKind,
  { path, mode }: Of<'write' | 'upload' | 'fetch'>,
  digest: string,
  secret = false,
): PlannedChange {
  const about = { kind, action: 'write' as const, target: path, mode: { after: octal(mode) } };
  const exact = { [EXACT]: { after: digest } };
  return secret ? { ...about, secret, ...exact } : { ...about, after: `sha256:${digest}`, ...exact };
}

/** Two that are told by what they change; all others by their words. */
function command({ argv, label, stdin = '', env = {} }: Of<'run'>): PlannedChange {
  const place = argv.at(-1)!;
  if (argv[0] === 'ln') return { kind: 'link', action: 'write', target: place };
  if (argv[0] === 'chmod')
    return { kind: 'file', action: 'update', target: place, mode: { after: argv[1]!.padStart(4, '0') } };
  const digest = sha256(JSON.stringify([argv, stdin.toString(), env]));
  return { kind: 'command', action: 'run', target: label ?? argv.join(' '), after: `sha256:${digest}` };
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
