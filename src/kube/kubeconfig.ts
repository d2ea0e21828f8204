export { type EndpointOptions, loadEndpoint } from './kubeconfig/endpoint.ts';
export type { Kubeconfig } from './kubeconfig/model.ts';
export { kubeconfigFiles, readKubeconfig } from './kubeconfig/read.ts';
export { listedServers, serversExtension } from './kubeconfig/servers.ts';
export {
  type KubeconfigEntry,
  mergeIntoKubeconfig,
  rememberServers,
  removeFromKubeconfig,
  setCurrentContext,
} from './kubeconfig/write.ts';
