import { KubewrightError } from '../../base/errors.ts';
import { digestOf, PLAN_API_VERSION, PLAN_KIND, type PlanDocument } from './document.ts';

/** A saved plan as it was made by this version; everything else is refused before a host is spoken to. */
export function readPlan(text: string, source: string, kubewright: string): PlanDocument {
  const plan = parse(text, source);
  if (plan.apiVersion !== PLAN_API_VERSION || plan.kind !== PLAN_KIND) throw otherDocument(source, plan);
  if (plan.kubewright !== kubewright) throw otherVersion(source, plan, kubewright);
  if (plan.digest !== digestOf(plan)) throw edited(source);
  return plan as PlanDocument;
}

function parse(text: string, source: string): Partial<PlanDocument> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    const cut = text.trim() === '' ? 'it is empty' : (error as Error).message;
    throw refused('PlanUnreadable', `${source} is no plan: ${cut}.`, MAKE, error);
  }
  throw refused('PlanUnreadable', `${source} is no plan: it holds no object.`, MAKE);
}

const MAKE = 'kubewright plan -f cluster.yaml --out FILE makes one.';

function otherDocument(source: string, { apiVersion, kind }: Partial<PlanDocument>): KubewrightError {
  const found = `${apiVersion ?? 'no apiVersion'}, ${kind ?? 'no kind'}`;
  const message = `${source} is no plan of this tool: ${found} in place of ${PLAN_API_VERSION}, ${PLAN_KIND}.`;
  return refused('PlanUnreadable', message, MAKE);
}

function otherVersion(
  source: string,
  { kubewright, declaration }: Partial<PlanDocument>,
  own: string,
): KubewrightError {
  return refused(
    'PlanOfAnotherVersion',
    `${source} was made by kubewright ${kubewright ?? 'of an unknown version'}; this is ${own}, which may do the same otherwise.`,
    `Carry it out with that version, or make it anew: kubewright plan -f ${declaration?.source ?? 'cluster.yaml'} --out ${source}`,
  );
}

function edited(source: string): KubewrightError {
  return refused(
    'PlanEdited',
    `${source} is not as it was saved: its digest does not fit what stands in it.`,
    'A plan is not edited: change the cluster file and make the plan anew with kubewright plan --out FILE.',
  );
}

export function otherCluster(source: string, saved: PlanDocument, found: string): KubewrightError {
  return new KubewrightError({
    code: 'PlanOfAnotherCluster',
    message: `${source} is a plan of the cluster ${saved.cluster} with the CA ${saved.identity}; its hosts are in one with the CA ${found}. Nothing was changed.`,
    hint: 'Do the names of its hosts lead to the right ones from here? If the cluster was made anew, so has the plan to be.',
    exit: 'foreignCluster',
  });
}

function refused(code: string, message: string, hint: string, cause?: unknown): KubewrightError {
  return new KubewrightError({
    code,
    message,
    hint,
    exit: 'invalidInput',
    ...(cause === undefined ? {} : { cause }),
  });
}
