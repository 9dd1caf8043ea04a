# Reference transcript: section 3.3.3 of the course, typed into the lab host's shell.
# "# expect: N" = points due once the lines above it have taken effect.
# expect: 0
kubectl get pods
kubectl describe pods
mkdir -p ~/findings
kubectl get pods -o jsonpath='{.items[0].status.podIP}' > ~/findings/ip
# expect: 3
kubectl get pods -o jsonpath='{.items[0].spec.containers[0].image}' > ~/findings/image
# expect: 5
# The course gives the proxy a terminal of its own; here it goes to the background.
kubectl proxy > /dev/null &
until curl -s http://localhost:8001/version; do sleep 0.2; done
export POD_NAME=$(kubectl get pods -o go-template --template '{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}')
echo Name of the Pod: $POD_NAME
curl http://localhost:8001/api/v1/namespaces/default/pods/$POD_NAME:8080/proxy/
# expect: 9
kubectl logs $POD_NAME
kubectl logs $POD_NAME | sed -n 's/.*Started At: \([^ ]*\) .*/\1/p' > ~/findings/start
# expect: 12
kubectl exec $POD_NAME -- env
kubectl exec $POD_NAME -- bash -c 'echo $BOOTCAMP_TOKEN' > ~/findings/token
# expect: 15
# The course writes "exec -ti $POD_NAME bash"; today's kubectl wants the two dashes. Which word, this lab says.
kubectl exec -ti $POD_NAME -- env word=$word bash
cat server.js
curl localhost:8080
hostname > /tmp/$word
exit
# expect: 20
kill %1
# expect: 20
