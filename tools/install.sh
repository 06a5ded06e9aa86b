#!/bin/sh
# Installs the programs that some tests need: Prometheus and promtool.
set -eu
if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
    echo "prometheus and promtool are there"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "tools/install.sh knows Debian's packages only: install prometheus and promtool, and put them on the PATH" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# No service: the tests start their own Prometheus. policy-rc.d keeps the package from starting one.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$guard"
    chmod +x "$guard"
    trap 'rm -f "$guard"' EXIT
fi
apt-get install -q -y --no-install-recommends prometheus
