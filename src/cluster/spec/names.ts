import { parseAddress } from './cidr.ts';

/** RFC 1123 as Kubernetes uses it: lower case. A label is 63 characters at most, a subdomain 253. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function isDnsLabel(text: string): boolean {
  return LABEL.test(text);
}

export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isDnsLabel);
}

/** What a certificate may be for: an address, a name, or a name with a leading `*.`. */
export function isSubjectAltName(text: string): boolean {
  return parseAddress(text) !== undefined || isDnsSubdomain(text.replace(/^\*\./, ''));
}

/** A qualified name of labels and taints: `[prefix/]name`. */
export function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...rest] = text.split('/').reverse();
  if (rest.length > 0 || (prefix !== undefined && !isDnsSubdomain(prefix))) return false;
  return isLabelWord(name);
}

export function isLabelValue(text: string): boolean {
  return text === '' || isLabelWord(text);
}

function isLabelWord(text: string): boolean {
  return text.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);
}
