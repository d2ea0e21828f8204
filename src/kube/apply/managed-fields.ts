/** metav1.ManagedFieldsEntry */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldsV1;
  subresource?: string;
}

type FieldsV1 = { [key: string]: FieldsV1 };

const LAST_APPLIED = 'f:kubectl.kubernetes.io/last-applied-configuration';

/** The managers under which kubectl applies: on the client's side, and on the server's. */
function isKubectl(entry: ManagedFieldsEntry): boolean {
  if (entry.subresource) return false;
  if (entry.operation === 'Apply') return entry.manager === 'kubectl';
  return entry.manager === 'kubectl-client-side-apply' || ownsLastApplied(entry);
}

const ownsLastApplied = (entry: ManagedFieldsEntry): boolean =>
  entry.fieldsV1?.['f:metadata']?.['f:annotations']?.[LAST_APPLIED] !== undefined;

/** Whether all who stand in the way are kubectl's own names. */
export function isKubectlManager(name: string): boolean {
  return name === 'kubectl' || name === 'kubectl-client-side-apply';
}

/**
 * What kubectl applied becomes ours: its entries are merged into one Apply entry of `manager`, so that fields
 * left out of the manifest are removed and those in it do not conflict (client-go util/csaupgrade does the same
 * for kubectl's own manager). Only on first contact: undefined where we have applied before, or kubectl has not.
 */
export function takeOver(
  entries: readonly ManagedFieldsEntry[],
  manager: string,
): ManagedFieldsEntry[] | undefined {
  const ours = entries.some((e) => e.manager === manager && e.operation === 'Apply' && !e.subresource);
  const theirs = entries.filter(isKubectl);
  if (ours || manager === 'kubectl' || theirs.length === 0) return undefined;
  // An applied set wins over one that was updated: its version is the one that the fields are in.
  const base = theirs.find((e) => e.operation === 'Apply') ?? theirs.at(-1)!;
  const sameVersion = theirs.filter((e) => e.apiVersion === base.apiVersion);
  const fieldsV1 = sameVersion.map((e) => e.fieldsV1 ?? {}).reduce(union, {});
  const taken: ManagedFieldsEntry = { ...base, manager, operation: 'Apply', fieldsV1 };
  return [taken, ...entries.filter((e) => !theirs.includes(e))];
}

function union(a: FieldsV1, b: FieldsV1): FieldsV1 {
  const merged: FieldsV1 = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = union(merged[key] ?? {}, value);
  return merged;
}
