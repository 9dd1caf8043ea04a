# Reference transcript of section 3.3.6 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
kubectl get deployments
kubectl get pods
kubectl describe pods
kubectl set image deployments/kubernetes-bootcamp kubernetes-bootcamp=jocatalin/kubernetes-bootcamp:v2
kubectl get pods
kubectl rollout status deployments/kubernetes-bootcamp
kubectl describe services/kubernetes-bootcamp
export NODE_PORT=$(kubectl get services/kubernetes-bootcamp -o go-template='{{(index .spec.ports 0).nodePort}}')
echo NODE_PORT=$NODE_PORT
curl $(minikube ip):$NODE_PORT
# expect: 8
kubectl describe pods
kubectl set image deployments/kubernetes-bootcamp kubernetes-bootcamp=gcr.io/google-samples/kubernetes-bootcamp:$bad
kubectl get deployments
kubectl get pods
# expect: 11
kubectl describe pods
kubectl rollout undo deployments/kubernetes-bootcamp
kubectl rollout status deployments/kubernetes-bootcamp
# expect: 20
kubectl get pods
kubectl describe pods
curl $(minikube ip):$NODE_PORT
# expect: 20
