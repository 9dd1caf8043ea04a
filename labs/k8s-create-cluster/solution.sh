# Reference transcript: section 3.3.1 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
minikube version
minikube status
minikube start
# expect: 16
minikube status
kubectl cluster-info
kubectl get nodes
kubectl version
kubectl get pods -n kube-system
mkdir -p ~/findings
kubectl version -o json | jq -r .serverVersion.gitVersion > ~/findings/version
# expect: 18
kubectl get nodes -o jsonpath='{.items[0].metadata.name}' > ~/findings/node
cat ~/findings/version ~/findings/node
# expect: 20
