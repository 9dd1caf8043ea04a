/** The application of the course, as the suites on a cluster use it. */
export const APP = 'kubernetes-bootcamp';
export const OWNER = { kind: 'Deployment', name: APP };
export const V1 = 'gcr.io/google-samples/kubernetes-bootcamp:v1';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

export const getDeployment = (name: string) => ({
  'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name },
});
export const listPods = (ownedBy?: object) => ({
  'kube.list': { apiVersion: 'v1', kind: 'Pod', namespace: 'default', ...(ownedBy && { ownedBy }) },
});
export const DEP = getDeployment(APP);
export const PODS = listPods(OWNER);
export const ready = { id: 'ready', assert: { match: { dep: { status: { readyReplicas: 2 } } } } };

export const deployment = (replicas: number, image: string, name = APP) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image }] },
    },
  },
});

export const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: APP, namespace: 'default' },
  spec: { type: 'NodePort', selector: { app: APP }, ports: [{ port: 8080 }] },
};

/** A pod of busybox that runs one script. */
export const script = (name: string, text: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'busybox:1.36', imagePullPolicy: 'Never', command: ['sh', '-c', text] }],
  },
});
