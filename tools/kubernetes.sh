#!/bin/sh
# Builds the programs of the tests with Kubernetes, helm, helm-unittest, etcd, kube-apiserver and
# prometheus-operator, into .tools/bin.
# tools/go/go.mod says which versions. What is there already, of the same modules, is kept.
set -eu
cd "$(dirname "$0")/go"
bin=${SPARK_EXPORTER_TOOLS:-../../.tools/bin}
if ! command -v go >/dev/null; then
    echo "tools/kubernetes.sh needs Go $(sed -n 's/^go //p' go.mod) or newer on the PATH" >&2
    exit 1
fi
mkdir -p "$bin"
bin=$(cd "$bin" && pwd)
export CGO_ENABLED=0
# The environment's own flags and workspaces are of other projects.
export GOFLAGS=-buildvcs=false GOWORK=off

version() { go list -m -f '{{if .Replace}}{{.Replace.Version}}{{else}}{{.Version}}{{end}}' "$1"; }

# Only a release's own build writes its version into the program; without it, helm would judge a chart for another
# version of Kubernetes.
kubernetes=$(version k8s.io/kubernetes)
minor=${kubernetes#v1.}
minor=${minor%%.*}
flags="-s -w -X helm.sh/helm/v3/internal/version.version=$(version helm.sh/helm/v3)"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags="$flags -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=$minor"
done
for package in helm.sh/helm/v3/pkg/chartutil helm.sh/helm/v3/pkg/lint/rules; do
    flags="$flags -X $package.k8sVersionMajor=1 -X $package.k8sVersionMinor=$minor"
done

# All that a program is made of, and nothing of the others: a new one does not build them again.
stamp() {
    modules=$(go list -mod=readonly -deps -f '{{with .Module}}{{.}}{{end}}' "$1")
    (echo "$modules" | sort -u; echo "$1 $flags"; go version) | sha256sum | cut -d ' ' -f 1
}

build() {
    stamp=$(stamp "$2")
    if [ -x "$bin/$1" ] && [ "$(cat "$bin/.$1" 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    started=$(date +%s)
    nice -n 10 go build -mod=readonly -trimpath -ldflags="$flags" -o "$bin/$1.new" "$2"
    mv "$bin/$1.new" "$bin/$1"
    echo "$stamp" > "$bin/.$1"
    echo "$1 $(version "$3") in $(($(date +%s) - started)) s"
}
build helm helm.sh/helm/v3/cmd/helm helm.sh/helm/v3
unittest=github.com/helm-unittest/helm-unittest
build helm-unittest $unittest/cmd/helm-unittest $unittest
build etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes
operator=github.com/prometheus-operator/prometheus-operator
build prometheus-operator $operator/cmd/operator $operator
echo "helm, helm-unittest, etcd, kube-apiserver and prometheus-operator are in $bin"
