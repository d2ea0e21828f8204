export { readDocuments } from './yaml/documents.ts';
export { type Manifest, readManifests } from './yaml/manifests.ts';
export { toYaml } from './yaml/print.ts';
