# Reference transcript: section 3.3.2 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
kubectl version
kubectl get nodes
kubectl create deployment kubernetes-bootcamp --image=gcr.io/google-samples/kubernetes-bootcamp:v1
# expect: 15
kubectl get deployments.apps
# The course gives the proxy a terminal of its own; here it goes to the background.
kubectl proxy > /dev/null &
until curl -s http://localhost:8001/version; do sleep 0.2; done
# expect: 18
export POD_NAME=$(kubectl get pods -o go-template --template '{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}')
echo Name of the Pod: $POD_NAME
curl http://localhost:8001/api/v1/namespaces/default/pods/$POD_NAME:8080/proxy/
mkdir -p ~/findings
echo $POD_NAME > ~/findings/pod
# expect: 20
kill %1
# expect: 20
