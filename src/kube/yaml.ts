export { readDocuments } from './yaml/documents.ts';
export { type Position, positionOf } from './yaml/invalid.ts';
export { type LocatedDocument, locateDocuments, type Path } from './yaml/located.ts';
export { type Manifest, readManifests } from './yaml/manifests.ts';
export { toYaml } from './yaml/print.ts';
