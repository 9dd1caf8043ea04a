#!/bin/bash
kubectl get namespace shop
