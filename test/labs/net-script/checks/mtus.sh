#!/bin/bash
# Bridges with different MTUs; what it writes is shown to the learner.
set -e
input=$(cat)
count=$(jq '[.observations.lm[] | select(.kind == "bridge") | .mtu] | unique | length' <<< "$input")
wanted=$(jq '.lab.wanted' <<< "$input")
[ "$count" -ge "$wanted" ] && exit 0
echo "fr: $count MTU différentes sur $wanted"
echo "en: $count different MTUs of $wanted"
exit 1
