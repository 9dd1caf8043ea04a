# Reference transcript of section 3.3.5 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
kubectl get deployments
kubectl get rs
kubectl scale deployments/kubernetes-bootcamp --replicas=$up
# expect: 13
kubectl get deployments
kubectl get pods -o wide
kubectl describe deployments/kubernetes-bootcamp
kubectl describe services/kubernetes-bootcamp
export NODE_PORT=$(kubectl get services/kubernetes-bootcamp -o go-template='{{(index .spec.ports 0).nodePort}}')
echo NODE_PORT=$NODE_PORT
curl $(minikube ip):$NODE_PORT
curl $(minikube ip):$NODE_PORT
curl $(minikube ip):$NODE_PORT
# expect: 13
kubectl scale deployments/kubernetes-bootcamp --replicas=$down
# expect: 20
kubectl get deployments
kubectl get pods -o wide
# expect: 20
