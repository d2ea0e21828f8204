export { type EndpointOptions, loadEndpoint } from './kubeconfig/endpoint.ts';
export type { Kubeconfig } from './kubeconfig/model.ts';
export { kubeconfigFiles, readKubeconfig } from './kubeconfig/read.ts';
export {
  type KubeconfigEntry,
  mergeIntoKubeconfig,
  removeFromKubeconfig,
  setCurrentContext,
} from './kubeconfig/write.ts';
