# Reference transcript of section 3.3.4 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
kubectl get pods
kubectl get services
kubectl expose deployment/kubernetes-bootcamp --type=NodePort --port 8080
# expect: 11
kubectl get services
kubectl describe services/kubernetes-bootcamp
export NODE_PORT=$(kubectl get services/kubernetes-bootcamp -o go-template='{{(index .spec.ports 0).nodePort}}')
echo NODE_PORT=$NODE_PORT
curl $(minikube ip):$NODE_PORT
kubectl describe deployment
kubectl get pods -l app=kubernetes-bootcamp
kubectl get services -l app=kubernetes-bootcamp
export POD_NAME=$(kubectl get pods -o go-template --template '{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}')
echo Name of the Pod: $POD_NAME
kubectl label pods $POD_NAME version=$tag
# expect: 14
kubectl describe pods $POD_NAME
kubectl get pods -l version=$tag
kubectl delete service -l app=kubernetes-bootcamp
# expect: 20
kubectl get services
curl --max-time 5 $(minikube ip):$NODE_PORT
kubectl exec -ti $POD_NAME -- curl localhost:8080
# expect: 20
