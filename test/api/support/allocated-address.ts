import type { ApiClient } from '../../../src/kube/port.ts';

/** As the API server leaves it where the creation of this Service is cut off. */
export function allocate(client: ApiClient, address: string, namespace: string, name: string) {
  return client.request({
    method: 'POST',
    path: '/apis/networking.k8s.io/v1/ipaddresses',
    body: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: address,
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    },
  });
}
